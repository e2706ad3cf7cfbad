/** @file Breaking a thought into rows of the terminal while it streams, so that a line below it can be redrawn. */
import { textWidth } from '../../text/index.ts';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Rows that are complete, and the one that still grows. */
export interface Rows {
  readonly complete: readonly string[];
  readonly growing: string;
}

/**
 * Takes complete rows off the beginning of a text: up to a line break, or as many words as fit.
 *
 * @param width - columns of a row, at least 2
 */
export function takeRows(text: string, width: number): Rows {
  const lines = text.replaceAll('\t', '  ').split('\n');
  const last = lines.length - 1;
  const complete: string[] = [];
  let growing = '';
  for (const [i, line] of lines.entries()) {
    let rest = line;
    while (textWidth(rest) > width) {
      const cut = rowEnd(rest, width);
      complete.push(rest.slice(0, cut).trimEnd());
      rest = rest.slice(cut).replace(/^ +/, '');
    }
    if (i === last) growing = rest;
    else complete.push(rest);
  }
  return { complete, growing };
}

/** Where the row ends: behind the last space that fits, or inside a word longer than a row. */
function rowEnd(line: string, width: number): number {
  let used = 0;
  let end = 0;
  let afterSpace = 0;
  for (const { segment } of segmenter.segment(line)) {
    used += textWidth(segment);
    if (used > width && end > 0) break;
    end += segment.length;
    if (segment === ' ') afterSpace = end;
  }
  return line.slice(0, afterSpace).trim() === '' ? end : afterSpace;
}
