/**
 * @file Repetition in a text: n-grams that stand twice, and stretches that stand many times in a row.
 *
 * Units are words, and characters in scripts without spaces; a run of one sign (`=====`) is one unit. Case and width are
 * folded. A text that says the same in other words repeats nothing here.
 */
import { wordsAndSigns } from '../../data/prepare/index.ts';

const SIGN_RUN = /([^\s\p{L}\p{M}\p{N}])\1+/gu;
/** Longer words are no words: they are looked at letter by letter. */
const LONGEST_WORD = 32;

/** The units of a text, as numbers: equal units have equal numbers. */
export function unitsOf(text: string): Int32Array {
  const numbers = new Map<string, number>();
  const units = wordsAndSigns(text.replace(SIGN_RUN, '$1')).flatMap((unit) =>
    unit.length > LONGEST_WORD ? [...unit] : [unit],
  );
  return Int32Array.from(units, (unit) => {
    const known = numbers.get(unit) ?? numbers.size;
    numbers.set(unit, known);
    return known;
  });
}

/** Share of the n-grams that stand earlier in the text too, 0..1; 0 for a text of fewer than n units. */
export function repeatedShare(units: Int32Array, n: number): number {
  const count = units.length - n + 1;
  if (count < 1) return 0;
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) seen.add(units.subarray(i, i + n).join());
  return 1 - seen.size / count;
}

/** Units of the longest stretch whose repetition in a row is found; longer loops show in the repeated share. */
export const LONGEST_PERIOD = 64;

/** The most times that one stretch of units stands in a row: 1 where nothing repeats at once, 0 for an empty text. */
export function timesInARow(units: Int32Array, longestPeriod: number = LONGEST_PERIOD): number {
  let most = Math.min(units.length, 1);
  for (let period = 1; period <= longestPeriod && period < units.length; period++) {
    let equal = 0;
    for (let i = period; i < units.length; i++) {
      equal = units[i] === units[i - period] ? equal + 1 : 0;
      if (equal >= most * period) most = Math.floor(equal / period) + 1;
    }
  }
  return most;
}
