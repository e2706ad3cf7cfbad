/** @file Levels of difficulty as a table: one row of sizes for each level, the easiest first. */

/** The row of `level` (1 is the first). Throws RangeError when there is no such level. */
export function atLevel<T>(levels: readonly T[], level: number): T {
  const row = Number.isInteger(level) ? levels[level - 1] : undefined;
  if (row === undefined) throw new RangeError(`no level ${level}: levels are 1..${levels.length}`);
  return row;
}
