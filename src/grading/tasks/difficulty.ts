/** @file The dial of difficulty as a table: one row of sizes for each level, the easiest first. */

/** The row of `level` (1 is the first). Throws RangeError when there is no such level. */
export function atLevel<T>(dial: readonly T[], level: number): T {
  const row = Number.isInteger(level) ? dial[level - 1] : undefined;
  if (row === undefined) throw new RangeError(`no level ${level}: levels are 1..${dial.length}`);
  return row;
}
