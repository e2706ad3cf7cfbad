/**
 * @file Width of a text in terminal columns, and fitting text into columns.
 *
 * Chinese, Japanese and Korean characters and most emoji take two columns (Unicode Standard Annex 11, wide and
 * full-width). Leaves out "ambiguous" characters, which only East Asian legacy terminals draw wide, and scripts that
 * run right to left.
 */
import { stripVTControlCharacters } from 'node:util';

/** First and last code points of the blocks that are wide or full-width. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f], // Hangul Jamo
  [0x2e80, 0x303e], // radicals, CJK punctuation
  [0x3041, 0x4dbf], // kana, bopomofo, compatibility, CJK extension A
  [0x4e00, 0xa4cf], // CJK unified, Yi
  [0xa960, 0xa97f], // Hangul Jamo extended A
  [0xac00, 0xd7a3], // Hangul syllables
  [0xf900, 0xfaff], // CJK compatibility
  [0xfe30, 0xfe6f], // CJK compatibility forms
  [0xff00, 0xff60], // full-width forms
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd], // CJK extensions B and on
];

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const PLAIN_ASCII = /^[\x20-\x7e]*$/;
const ZERO_WIDTH = /^[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Control}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F/u;

/** Columns that `text` takes on a terminal; colour sequences take none. */
export function textWidth(text: string): number {
  if (PLAIN_ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text)))
    width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  const code = grapheme.codePointAt(0)!;
  const wide = WIDE.some(([first, last]) => code >= first && code <= last) || EMOJI.test(grapheme);
  return wide ? 2 : 1;
}

/** `text` with spaces added up to `width` columns; unchanged when it is already as wide. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** `text` with spaces before it up to `width` columns. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

/** The beginning of an uncoloured `text` that fits `width` columns; `…` marks a cut. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? '' : `${takeColumns(text, width - 1)}…`;
}

/**
 * Breaks an uncoloured text into lines of at most `width` columns: at spaces where it can, inside a word that is
 * longer than a line or before any wide character, which needs no space. Line breaks of the text are kept.
 *
 * @param width - at least 2, the width of one wide character
 */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, Math.max(2, width)));
}

function wrapParagraph(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces(paragraph)) {
    let rest = piece;
    if (textWidth(line) + textWidth(rest) > width) {
      if (line.trimEnd() !== '') lines.push(line.trimEnd());
      line = '';
      rest = rest.trimStart();
    }
    while (textWidth(rest) > width) {
      const head = takeColumns(rest, width);
      lines.push(head);
      rest = rest.slice(head.length);
    }
    line += rest;
  }
  if (line.trimEnd() !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** Runs that may not be broken: spaces, words, and single wide characters. */
function pieces(paragraph: string): string[] {
  const out: string[] = [];
  let word = '';
  const flush = () => {
    if (word !== '') out.push(word);
    word = '';
  };
  for (const { segment } of segmenter.segment(paragraph)) {
    if (segment === ' ' || graphemeWidth(segment) === 2) {
      flush();
      out.push(segment);
    } else word += segment;
  }
  flush();
  return out;
}

function takeColumns(text: string, width: number): string {
  let taken = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width) break;
    taken += segment;
  }
  return taken;
}

/**
 * Text of a model made safe to print: line breaks stay, tabs become two spaces, any other control character, which
 * could move the cursor or recolour the terminal, becomes `�`.
 */
export function printable(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '  ')
    .replace(/[\u2028\u2029]/g, '\n')
    .replace(/[^\P{Control}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '�');
}
