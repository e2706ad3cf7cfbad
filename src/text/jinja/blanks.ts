/** @file Python's white space, as `str.isspace` has it, which differs from JavaScript's in U+001C to U+001F, U+0085 and U+FEFF. */

/** One blank, as a class for regular expressions. */
export const BLANK =
  '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const ONE = new RegExp(`^${BLANK}$`);

export function isBlank(character: string): boolean {
  return ONE.test(character);
}

/** Python's `rstrip()`. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

/** Python's `lstrip()`. */
export function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isBlank(text[start]!)) start += 1;
  return text.slice(start);
}
