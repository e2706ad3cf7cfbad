/** @file Classes of characters as the Rust library has them, for regular expressions with the flag `u`. */

/** White space: `char::is_whitespace`, and `\s` of its regular expressions. */
export const WHITE = '\\p{White_Space}';

/** Characters of words: `\w` of its regular expressions. */
export const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';

/** ASCII punctuation and the general category P. */
export const PUNCTUATION = '\\p{P}!-/:-@\\[-`{-~';

/** Digits and other numbers: `char::is_numeric`. */
export const NUMERIC = '\\p{N}';

const ONE_WHITE = new RegExp(WHITE, 'u');

/** Where the white space before a place begins. It has no surrogate pairs. */
export function whiteBefore(text: string, from: number): number {
  let at = from;
  while (at > 0 && ONE_WHITE.test(text[at - 1]!)) at--;
  return at;
}

/** Where the white space behind a place ends. */
export function whiteBehind(text: string, from: number): number {
  let at = from;
  while (at < text.length && ONE_WHITE.test(text[at]!)) at++;
  return at;
}
