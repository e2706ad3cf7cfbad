/** @file Edits of texts that methods and filters share, as Python makes them. */
import { trimEnd, trimStart } from './blanks.ts';
import type { Limits } from './limits.ts';
import { characters, lengthOf } from './values.ts';

/** The first character in upper case, the rest in lower case. */
export function capitalize(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

/** Python's `strip`: blanks, or the characters given, from one side or both. */
export function strip(text: string, blanks: string | null, side: 'both' | 'start' | 'end'): string {
  if (blanks === null) {
    const started = side === 'end' ? text : trimStart(text);
    return side === 'start' ? started : trimEnd(started);
  }
  const stripped = new Set(blanks);
  const units = characters(text);
  let [start, end] = [0, units.length];
  if (side !== 'end') while (start < end && stripped.has(units[start]!)) start += 1;
  if (side !== 'start') while (end > start && stripped.has(units[end - 1]!)) end -= 1;
  return typeof units === 'string' ? units.slice(start, end) : units.slice(start, end).join('');
}

/** Python's `replace`; an empty `old` stands before each code point and at the end. */
export function replace(text: string, old: string, made: string, count: number, limits: Limits): string {
  const most = count < 0 ? Number.POSITIVE_INFINITY : count;
  if (old === '' && text === '') return most > 0 ? made : '';
  const pieces = old === '' ? ['', ...text, ''] : text.split(old);
  const times = Math.min(most, pieces.length - 1);
  limits.length(text.length + times * (made.length - old.length));
  return [...pieces.slice(0, times), pieces.slice(times).join(old)].join(made);
}

/** The texts with a separator between them. */
export function joined(parts: readonly string[], separator: string, limits: Limits): string {
  limits.length(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
  return parts.join(separator);
}

const ENDS = '\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029';
const LINE = new RegExp(`([^${ENDS}]*)(\r\n|[${ENDS}]|$)`, 'g');

/** Python's `splitlines`. */
export function lines(text: string, keepEnds = false): string[] {
  const found: string[] = [];
  for (const [whole, line] of text.matchAll(LINE)) if (whole !== '') found.push(keepEnds ? whole : line!);
  return found;
}

/** The text at the `side` of a field of a width in code points. */
export function padded(
  text: string,
  width: number,
  filler: string,
  side: 'start' | 'end' | 'center',
  limits: Limits,
): string {
  const missing = width - lengthOf(text)!;
  if (missing <= 0) return text;
  limits.length(missing * filler.length + text.length);
  // Python puts the odd blank of a centred text on the left where the width is odd.
  const left = { start: 0, end: missing, center: (missing >> 1) + (missing & width & 1) }[side];
  return filler.repeat(left) + text + filler.repeat(missing - left);
}
