/**
 * @file Comparing an answer with the reference: plain numbers by value, digit by digit (no floating point), anything else
 * as text with white space folded. No algebra, no units, no fractions.
 */

/** A plain number: sign, digits with or without thousands commas, decimals. */
const NUMBER = String.raw`[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`;
const WHOLE_NUMBER = new RegExp(`^${NUMBER}$`, 'u');
/** A sign belongs to a number only where no digit or letter stands before it: `7-2` ends in 2, not −2. */
const NUMBERS = new RegExp(String.raw`(?<![\d\p{L}])${NUMBER}|\d+(?:\.\d+)?`, 'gu');

/** White space at the ends removed, runs of it inside made one space. */
function foldSpace(text: string): string {
  return text.trim().replace(/\s+/gu, ' ');
}

/** Whether `text` is one plain number. */
export function isNumber(text: string): boolean {
  return WHOLE_NUMBER.test(text.trim());
}

/** The last number written in `text`, or null. */
export function lastNumber(text: string): string | null {
  return text.match(NUMBERS)?.at(-1) ?? null;
}

/** One spelling for each value: `+1,050.70` → `1050.7`, `-0` → `0`. */
function canonicalNumber(text: string): string {
  const [, sign, digits, decimals] = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/u.exec(
    text.trim().replaceAll(',', ''),
  )!;
  const magnitude = `${digits || '0'}${decimals ? `.${decimals}` : ''}`;
  return sign === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}

/** Whether an answer says what the reference says. */
export function sameAnswer(answer: string, reference: string): boolean {
  if (isNumber(answer) && isNumber(reference)) return canonicalNumber(answer) === canonicalNumber(reference);
  return foldSpace(answer) === foldSpace(reference);
}
