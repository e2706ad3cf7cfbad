/** @file Pre-tokenizers of a tokenizer.json: they cut a text into the pieces that the model turns into tokens one by one. */
import type { Json, JsonObject } from '../../records.ts';
import { byteLetters } from '../byte-letters.ts';
import { NUMERIC, PUNCTUATION, WHITE, WORD } from './characters.ts';
import { flag, listIn, makerOf, objectIn, textIn, Unsupported } from './read.ts';
import { type Behavior, behaviorIn, literal, partsOf, patternIn, piecesOf } from './split.ts';

/** A piece of a text. */
export interface Piece {
  readonly text: string;
  /**
   * How many of its first UTF-16 units stand where the whole text begins: those of its first character, and what was put
   * before it. 0 of a piece that begins later.
   */
  readonly head: number;
}

/** Cuts each piece further; empty pieces are left out. */
export type PreTokenizer = (piece: Piece) => Piece[];

const PART = 'pre_tokenizer';
const white = new RegExp(`${WHITE}`, 'gu');
const punctuation = new RegExp(`[${PUNCTUATION}]`, 'gu');

/** GPT-2's. */
const BYTE_LEVEL = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${WHITE}\\p{L}\\p{N}]+|${WHITE}+(?!\\P{White_Space})|${WHITE}+`,
  'gu',
);

const MAKERS: { readonly [type: string]: (json: JsonObject) => PreTokenizer } = {
  Sequence: (json) => chain(listIn(json, 'pretokenizers', PART).map(preTokenizer)),
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Split: (json) => {
    const pattern = patternIn(json, PART);
    return splitting(pattern, behaviorIn(json), flag(json, 'invert', false));
  },
  Digits: (json) =>
    flag(json, 'individual_digits', false)
      ? splitting(new RegExp(NUMERIC, 'gu'), 'Isolated')
      : splitting(new RegExp(NUMERIC, 'gu'), 'Contiguous'),
  Punctuation: (json) => splitting(punctuation, behaviorIn(json, 'Isolated')),
  Whitespace: () => splitting(new RegExp(`[${WORD}]+|[^${WORD}${WHITE}]+`, 'gu'), 'Removed', true),
  WhitespaceSplit: () => splitting(white, 'Removed'),
  BertPreTokenizer: () => chain([splitting(white, 'Removed'), splitting(punctuation, 'Isolated')]),
  CharDelimiterSplit: (json) => splitting(literal(textIn(json, 'delimiter', PART)), 'Removed'),
  FixedLength: fixedLength,
};

/**
 * The pre-tokenizer of a tokenizer.json.
 * @throws Unsupported naming the type or the setting
 */
export function preTokenizer(json: Json): PreTokenizer {
  const object = objectIn(json, PART);
  return makerOf(MAKERS, object, PART)(object);
}

/** A piece with a text before it. */
export function prepended({ text, head }: Piece, prefix: string): Piece {
  return { text: prefix + text, head: head === 0 ? 0 : head + prefix.length };
}

function chain(steps: readonly PreTokenizer[]): PreTokenizer {
  return (piece) => steps.reduce((pieces, step) => pieces.flatMap(step), [piece]);
}

function splitting(pattern: RegExp, behavior: Behavior, invert = false): PreTokenizer {
  return (piece) => split(piece, pattern, behavior, invert);
}

function split({ text, head }: Piece, pattern: RegExp, behavior: Behavior, invert = false): Piece[] {
  const found = partsOf(text, pattern);
  const parts = invert ? found.map((part) => ({ ...part, matches: !part.matches })) : found;
  return piecesOf(parts, behavior)
    .filter(([start, end]) => end > start)
    .map(([start, end]) => ({
      text: text.slice(start, end),
      head: Math.max(0, Math.min(head, end) - start),
    }));
}

function byteLevel(json: JsonObject): PreTokenizer {
  const prefix = flag(json, 'add_prefix_space', false);
  const cuts = flag(json, 'use_regex', true);
  return (piece) => {
    const prefixed = prefix && !piece.text.startsWith(' ') ? prepended(piece, ' ') : piece;
    const pieces = cuts ? split(prefixed, BYTE_LEVEL, 'Isolated') : [prefixed];
    return pieces.map(({ text, head }) => ({
      text: byteLetters(text),
      head: byteLetters(text.slice(0, head)).length,
    }));
  };
}

const SCHEMES: readonly unknown[] = ['always', 'first', 'never'];

/** When a Metaspace puts a blank before a text; older files say it with `add_prefix_space`. */
export function prependScheme(json: JsonObject, part: string): 'always' | 'first' | 'never' {
  const { prepend_scheme: scheme = 'always' } = json;
  if (!SCHEMES.includes(scheme))
    throw new Unsupported(`${part} Metaspace: prepend_scheme ${JSON.stringify(scheme)}`);
  return json.add_prefix_space === false ? 'never' : (scheme as 'always' | 'first' | 'never');
}

function metaspace(json: JsonObject): PreTokenizer {
  const letter = textIn(json, 'replacement', PART, '\u2581');
  const scheme = prependScheme(json, PART);
  const cuts = flag(json, 'split', true);
  const pattern = literal(letter);
  return ({ text, head }) => {
    const replaced = { text: text.replaceAll(' ', () => letter), head };
    const prepends = scheme === 'always' || (scheme === 'first' && head > 0);
    const piece = prepends && !replaced.text.startsWith(letter) ? prepended(replaced, letter) : replaced;
    return cuts ? split(piece, pattern, 'MergedWithNext') : [piece];
  };
}

function fixedLength(json: JsonObject): PreTokenizer {
  const { length = 5 } = json;
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 1)
    throw new Unsupported(`${PART} FixedLength: length ${JSON.stringify(length)}`);
  const pattern = new RegExp(`[^]{1,${length}}`, 'gu');
  return splitting(pattern, 'Isolated');
}
