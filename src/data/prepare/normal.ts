/**
 * @file Two normal forms of a text: one for equality, one for n-grams of words.
 *
 * Equality folds case, width (NFKC) and white space but keeps every sign, as `2 + 3` and `2 * 3` are two problems.
 * N-grams leave signs out and count each character as a word in scripts written without spaces (Chinese, Japanese,
 * Thai, Lao, Khmer, Burmese).
 */

/** One spelling for texts that differ in case, width or white space only. */
export function normalForm(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

const SPACELESS = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('');
const TOKEN = new RegExp(`[${SPACELESS}]\\p{M}*|(?:(?![${SPACELESS}])[\\p{L}\\p{M}\\p{N}])+`, 'gu');
const TOKEN_OR_SIGN = new RegExp(`${TOKEN.source}|[^\\s\\p{L}\\p{M}\\p{N}]`, 'gu');

/** The words of a text in lower case, signs left out; single characters in scripts without spaces. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(TOKEN) ?? [];
}

/** The words of a text in lower case, and each sign. */
export function wordsAndSigns(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(TOKEN_OR_SIGN) ?? [];
}
