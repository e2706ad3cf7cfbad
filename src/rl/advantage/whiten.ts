/**
 * @file Whitening: zero mean and unit variance over every token of a rollout.
 */

const EPSILON = 1e-8;

/**
 * (x − mean) / √(var + 1e-8) over all entries of all rows, var with divisor n − 1 (verl's `masked_whiten`).
 * Entries that are all equal say nothing and become exactly 0.
 */
export function whiten(rows: readonly Float64Array[]): Float64Array[] {
  const first = rows.find((row) => row.length > 0)?.[0];
  if (rows.every((row) => row.every((value) => value === first))) {
    return rows.map((row) => new Float64Array(row.length));
  }
  const count = rows.reduce((sum, row) => sum + row.length, 0);
  const centre = total(rows, (value) => value) / count;
  const variance = total(rows, (value) => (value - centre) ** 2) / (count - 1);
  const scale = Math.sqrt(variance + EPSILON);
  return rows.map((row) => row.map((value) => (value - centre) / scale));
}

function total(rows: readonly Float64Array[], of: (value: number) => number): number {
  return rows.reduce((sum, row) => row.reduce((part, value) => part + of(value), sum), 0);
}
