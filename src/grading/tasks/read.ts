/**
 * @file Reading answers: what a model writes is cut into the pieces a scorer compares, within a limit of length.
 *
 * Readers return null for what is no answer of the form asked for; none throws, and none looks at more characters than
 * its caller allows.
 */

/** Longest answer any family reads; the longest right answers (move lists) stay far below it. */
export const LONGEST_ANSWER = 20_000;

/** `answer` without white space at its ends, or null where it is empty or longer than any right answer could be. */
export function trimmed(answer: string, limit = LONGEST_ANSWER): string | null {
  // A generous bound first: trimming megabytes costs time too.
  if (answer.length > 10 * limit) return null;
  const text = answer.trim();
  return text === '' || text.length > limit ? null : text;
}

/** The words of an answer in lower case: split at white space, commas and semicolons; null where there are none. */
export function readWords(answer: string, limit = LONGEST_ANSWER): string[] | null {
  const words = trimmed(answer, limit)
    ?.toLowerCase()
    .split(/[\s,;]+/u)
    .filter((word) => word !== '');
  return words === undefined || words.length === 0 ? null : words;
}

/**
 * The whole numbers of an answer, which must hold nothing else but one pair of brackets around them; null where one is
 * no safe integer.
 */
export function readIntegers(answer: string, limit = LONGEST_ANSWER): number[] | null {
  const text = trimmed(answer, limit);
  if (text === null) return null;
  const words = readWords(/^\[.*\]$|^\(.*\)$/su.test(text) ? text.slice(1, -1) : text, limit);
  if (words === null) return null;
  const numbers = words.map((word) => (/^[+-]?\d{1,15}$/u.test(word) ? Number(word) : Number.NaN));
  return numbers.every(Number.isSafeInteger) ? numbers : null;
}

/** The one whole number an answer holds (`12`, `1,200`, `+3`), or null. */
export function readInteger(answer: string): number | null {
  const text = trimmed(answer, 40);
  if (text === null || !/^[+-]?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})$/u.test(text)) return null;
  return Number(text.replaceAll(',', ''));
}

/** The one word of an answer in lower case, a full stop after it left out; null where it is more than a word. */
export function readWord(answer: string): string | null {
  const words = readWords(answer, 100);
  return words?.length === 1 ? words[0]!.replace(/\.$/u, '') : null;
}
