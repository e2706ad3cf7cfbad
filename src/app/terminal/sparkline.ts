/**
 * @file A series as one line of block characters: ▁▂▃▄▅▆▇█.
 */

const BLOCKS = '▁▂▃▄▅▆▇█';

/** Settings of `sparkline`. */
export interface SparklineOptions {
  /** Value of the lowest block (default: the smallest value). */
  readonly min?: number;
  /** Value of the highest block (default: the largest value). */
  readonly max?: number;
}

/**
 * Draws `values` in at most `width` characters. More values than characters are averaged in equal bins; fewer are
 * drawn one a character, not stretched. A bin without any finite value is a space. Equal values draw the lowest block.
 */
export function sparkline(values: readonly number[], width: number, options: SparklineOptions = {}): string {
  const bins = resample(values, width);
  const finite = bins.filter(Number.isFinite);
  const low = options.min ?? Math.min(...finite);
  const high = options.max ?? Math.max(...finite);
  return bins
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      // Halved first: the difference of two huge values is not finite.
      const range = high / 2 - low / 2;
      // Two of the smallest values there are have no difference either.
      const share = range > 0 ? (value / 2 - low / 2) / range : 0;
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.max(0, Math.floor(share * BLOCKS.length)))];
    })
    .join('');
}

/**
 * At most `width` means of consecutive, equally large bins of `values` (sizes differ by one at most). Values that are
 * not finite are left out of a bin; a bin of nothing else is NaN.
 */
export function resample(values: readonly number[], width: number): number[] {
  const count = Math.min(values.length, Math.max(0, Math.floor(width)));
  return Array.from({ length: count }, (_, bin) => {
    const start = Math.floor((bin * values.length) / count);
    const end = Math.floor(((bin + 1) * values.length) / count);
    const finite = values.slice(start, end).filter(Number.isFinite);
    return finite.reduce((sum, value) => sum + value, 0) / finite.length;
  });
}
