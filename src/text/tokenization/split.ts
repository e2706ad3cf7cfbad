/**
 * @file Splitting a text at matches of a pattern, with the five behaviours of the Rust library (`SplitDelimiterBehavior`).
 */

import { isJsonObject, type JsonObject } from '../../records.ts';
import { SplitPreTokenizer } from './library.ts';
import { nameOf, textIn, Unsupported } from './read.ts';

/** A part of a text; the text is cut into parts that match and parts between them. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly matches: boolean;
}

export type Behavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const BEHAVIORS: readonly string[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
];

/** The behaviour that a pre-tokenizer asks for. */
export function behaviorIn(json: JsonObject, otherwise?: Behavior): Behavior {
  const behavior = json.behavior ?? otherwise;
  if (typeof behavior === 'string' && BEHAVIORS.includes(behavior)) return behavior as Behavior;
  throw new Unsupported(
    `${nameOf(json, 'pre_tokenizer')}: behavior ${JSON.stringify(behavior)} (known: ${BEHAVIORS.join(', ')})`,
  );
}

/** The regular expression of a text. */
export function literal(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gu');
}

/** The regular expression of `pattern`: `{ String }` or `{ Regex }`, the latter in the notation of Oniguruma. */
export function patternIn(json: JsonObject, part: string): RegExp {
  const { pattern } = json;
  if (isJsonObject(pattern)) {
    if (typeof pattern.String === 'string') return literal(pattern.String);
    if (typeof pattern.Regex === 'string') return new SplitPreTokenizer({ pattern, invert: true }).pattern;
  }
  throw new Unsupported(`${nameOf(json, part)}: pattern ${JSON.stringify(pattern)}`);
}

/** The parts of a text. An empty match directly behind a match counts for nothing. */
export function partsOf(text: string, pattern: RegExp): Part[] {
  const parts: Part[] = [];
  let end = 0;
  let matched = -1;
  for (const { index, 0: match } of text.matchAll(pattern)) {
    if (match === '' && (index === matched || isInsidePair(text, index))) continue;
    if (index > end) parts.push({ start: end, end: index, matches: false });
    end = index + match.length;
    matched = end;
    parts.push({ start: index, end, matches: true });
  }
  if (end < text.length) parts.push({ start: end, end: text.length, matches: false });
  return parts;
}

/** Between the halves of a character, where V8 finds empty matches too. */
function isInsidePair(text: string, at: number): boolean {
  return text.codePointAt(at - 1)! > 0xffff;
}

/** A text with its matches replaced, and how many units of it stand for the first `head` ones. */
export interface Replaced {
  readonly text: string;
  readonly head: number;
}

/** Replaces matches in texts; a pattern that matches the empty text is refused. */
export function replacer(json: JsonObject, part: string): (text: string, head?: number) => Replaced {
  const pattern = patternIn(json, part);
  const content = textIn(json, 'content', part);
  if (partsOf('', pattern).length > 0)
    throw new Unsupported(`${part} Replace: ${JSON.stringify(json.pattern)} matches the empty text`);
  return (text, before = 0) => {
    let [result, head] = ['', 0];
    for (const { start, end, matches } of partsOf(text, pattern)) {
      const piece = matches ? content : text.slice(start, end);
      result += piece;
      // What replaces a match stands where the match ends.
      if (end <= before) head += piece.length;
      else if (!matches) head += Math.max(0, before - start);
    }
    return { text: result, head };
  };
}

/** The pieces that are left of the parts, as [start, end). */
export function piecesOf(parts: readonly Part[], behavior: Behavior): (readonly [number, number])[] {
  switch (behavior) {
    case 'Removed':
      return parts.filter(({ matches }) => !matches).map(({ start, end }) => [start, end]);
    case 'Isolated':
      return parts.map(({ start, end }) => [start, end]);
    case 'Contiguous':
      return joined(parts, (part, before) => part.matches === before);
    case 'MergedWithPrevious':
      return joined(parts, (part, before) => part.matches && !before);
    case 'MergedWithNext':
      return joined(parts.toReversed(), (part, before) => part.matches && !before).reverse();
  }
}

/** Joins each part to the one before it where the rule says so, given whether that one matches (false for the first). */
function joined(parts: readonly Part[], joins: (part: Part, before: boolean) => boolean): [number, number][] {
  const pieces: [number, number][] = [];
  let before = false;
  for (const part of parts) {
    const last = pieces.at(-1);
    if (last !== undefined && joins(part, before)) {
      last[0] = Math.min(last[0], part.start);
      last[1] = Math.max(last[1], part.end);
    } else pieces.push([part.start, part.end]);
    before = part.matches;
  }
  return pieces;
}
