/** @file Rows of cells as text for people. */
import { padEnd, padStart, textWidth } from '../../text/index.ts';

/** Each column padded to its widest cell; those of `left` to the left, the others to the right. */
export function table(cells: readonly (readonly string[])[], left: readonly number[]): string {
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => textWidth(row[i]!))));
  const pad = (column: number) => (left.includes(column) ? padEnd : padStart);
  return cells
    .map((row) =>
      row
        .map((cell, i) => pad(i)(cell, widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
