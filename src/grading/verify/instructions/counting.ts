/**
 * @file Counting the words, sentences and paragraphs of a reply.
 *
 * The published checker counts sentences and capital words with NLTK's English models; here sentences are those of
 * Intl.Segmenter, joined again after the usual abbreviations, so counts may differ by one in rare cases.
 */

/** Number of runs of letters, digits and underscores, as NLTK's `\w+` tokenizer counts. */
export function countWords(text: string): number {
  return text.match(/[\p{L}\p{M}\p{N}_]+/gu)?.length ?? 0;
}

/** Number of words written in capitals only; a word may hold hyphens and apostrophes. */
export function countCapitalWords(text: string): number {
  const words = text.match(/[\p{L}\p{M}\p{N}]+(?:[-'’.][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
  return words.filter(isUpper).length;
}

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });
const ABBREVIATION = /(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|Inc|Ltd|Co|No|[A-Z])\.\s*$/u;
/** The segmenter copies its whole input for every sentence, so a text is fed to it in pieces of whole paragraphs. */
const PIECE = 2000;

/** Number of sentences. A line break alone ends none. */
export function countSentences(text: string): number {
  const folded = text.replace(/\s+/gu, ' ').trim();
  let count = 0;
  let begun = false;
  for (let start = 0; start < folded.length; ) {
    const end = pieceEnd(folded, start);
    for (const { segment } of SENTENCES.segment(folded.slice(start, end))) {
      if (!/[\p{L}\p{N}]/u.test(segment)) continue;
      if (!begun) count += 1;
      begun = ABBREVIATION.test(segment);
    }
    start = end;
  }
  return count;
}

/** The end of the piece from `start`: after the last full stop in reach, else the last space, else where it is full. */
function pieceEnd(text: string, start: number): number {
  if (text.length - start <= PIECE) return text.length;
  const piece = text.slice(start, start + PIECE);
  const stop = Math.max(piece.lastIndexOf('. '), piece.lastIndexOf('? '), piece.lastIndexOf('! '));
  const cut = stop >= 0 ? stop + 2 : piece.lastIndexOf(' ') + 1;
  return start + (cut > 0 ? cut : PIECE);
}

/**
 * The parts of a text between separators, an empty first and last one left out; null where one between is empty, which
 * the published checker counts as not followed.
 */
export function partsBetween(text: string, separator: RegExp | string): string[] | null {
  const parts = text.split(separator).map((part) => part.trim());
  if (parts.slice(1, -1).includes('')) return null;
  return parts.filter((part) => part !== '');
}

/** Whether a text has letters with case and all of them are capitals (Python's `isupper`). */
export function isUpper(text: string): boolean {
  return /\p{Lu}/u.test(text) && !/\p{Ll}/u.test(text);
}

/** Whether a text has letters with case and none of them is a capital (Python's `islower`). */
export function isLower(text: string): boolean {
  return /\p{Ll}/u.test(text) && !/\p{Lu}/u.test(text);
}
