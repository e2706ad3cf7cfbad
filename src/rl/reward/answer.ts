/**
 * @file Finding the answer in a response and comparing it with the reference.
 *
 * The answer is what stands in the last `<answer>…</answer>`. Plain numbers are compared by value, digit by digit (no
 * floating point), anything else as text with white space folded. No algebra, no units, no fractions.
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

/** The inside of the last complete `<answer>…</answer>`, or null. */
export function taggedAnswer(response: string): string | null {
  const close = response.lastIndexOf('</answer>');
  if (close === -1) return null;
  const open = response.lastIndexOf('<answer>', close);
  return open === -1 ? null : foldSpace(response.slice(open + '<answer>'.length, close));
}

/** The last number written in `text`, or null. */
export function lastNumber(text: string): string | null {
  return text.match(NUMBERS)?.at(-1) ?? null;
}

/** The response without its thought: what follows the last `</think>`, or all of it. */
export function afterThought(response: string): string {
  const close = response.lastIndexOf('</think>');
  return foldSpace(close === -1 ? response : response.slice(close + '</think>'.length));
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
