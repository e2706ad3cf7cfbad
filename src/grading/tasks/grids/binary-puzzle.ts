/**
 * @file Binary puzzles (takuzu): fill a square with 0 and 1, as many of each in every row and column, and no three alike
 * side by side. (The rule that no two rows are equal is left out.)
 *
 * Generator: a random full grid, then cells emptied while one solution is left. Solver: depth first, with cells filled
 * in whose other digit breaks a rule at once.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

/** Side and cells emptied of each level. */
const LEVELS = [
  { side: 4, blanks: 6 },
  { side: 4, blanks: 9 },
  { side: 6, blanks: 18 },
  { side: 6, blanks: 24 },
  { side: 8, blanks: 42 },
] as const;

const BLANK = -1;

/** The lines (row and column) through `cell`, as lists of cells. */
function linesThrough(cell: number, side: number): number[][] {
  const row = Math.floor(cell / side);
  const column = cell % side;
  const along = Array.from({ length: side }, (_, i) => i);
  return [along.map((i) => row * side + i), along.map((i) => i * side + column)];
}

/** Whether the digit of `cell` breaks no rule with the digits that are there. */
function fits(grid: readonly number[], cell: number, side: number): boolean {
  const digit = grid[cell];
  return linesThrough(cell, side).every((line) => {
    if (line.filter((other) => grid[other] === digit).length > side / 2) return false;
    const at = line.indexOf(cell);
    return [at - 2, at - 1, at].every(
      (start) => start < 0 || start + 2 >= side || [0, 1, 2].some((i) => grid[line[start + i]!] !== digit),
    );
  });
}

/** Up to `limit` completions of `grid`; `first` gives the digit tried first. */
function completions(
  grid: readonly number[],
  side: number,
  limit: number,
  first: () => number = () => 0,
): number[][] {
  const work = [...grid];
  const found: number[][] = [];
  const possible = (cell: number) =>
    [0, 1].filter((digit) => {
      work[cell] = digit;
      const fine = fits(work, cell, side);
      work[cell] = BLANK;
      return fine;
    });
  const search = (): void => {
    let cell = -1;
    let digits: number[] = [];
    for (let i = 0; i < work.length; i++) {
      if (work[i] !== BLANK) continue;
      const choices = possible(i);
      if (cell === -1 || choices.length < digits.length) [cell, digits] = [i, choices];
      if (digits.length < 2) break;
    }
    if (cell === -1) {
      found.push([...work]);
      return;
    }
    for (const digit of digits.length === 2 && first() === 1 ? [1, 0] : digits) {
      work[cell] = digit;
      search();
      work[cell] = BLANK;
      if (found.length >= limit) return;
    }
  };
  if (grid.every((digit, cell) => digit === BLANK || fits(grid, cell, side))) search();
  return found;
}

function withBlanks(grid: readonly number[], side: number, blanks: number, random: Random): number[] {
  const puzzle = [...grid];
  let left = blanks;
  for (const cell of random.shuffle(grid.map((_, i) => i))) {
    if (left === 0) break;
    const digit = puzzle[cell]!;
    // Unique still, exactly if no completion has the other digit here.
    puzzle[cell] = 1 - digit;
    const other = fits(puzzle, cell, side) ? completions(puzzle, side, 1).length : 0;
    puzzle[cell] = other === 0 ? BLANK : digit;
    if (other === 0) left--;
  }
  return puzzle;
}

const drawn = (side: number, cells: readonly (number | string)[]): string =>
  Array.from({ length: side }, (_, row) => cells.slice(row * side, (row + 1) * side).join(' ')).join('\n');

function readGrid(answer: string, cells: number): number[] | null {
  const text = plainAnswer(answer, 2000);
  if (!/^[01\s|,;[\]]+$/u.test(text)) return null;
  const grid = [...text.matchAll(/[01]/gu)].map(([digit]) => Number(digit));
  return grid.length === cells ? grid : null;
}

/** Binary puzzles. */
export const binaryPuzzle: TaskFamily = {
  name: 'binary-puzzle',
  description: 'Fill a square with as many 0 as 1 in every line and no three alike in a row.',
  levels: LEVELS.length,
  unique: true,
  generate(random, level) {
    const { side, blanks } = atLevel(LEVELS, level);
    const empty = Array.from({ length: side * side }, () => BLANK);
    // Random first rows, or the search would return to the same few grids.
    const [grid] = completions(empty, side, 1, () => random.int(0, 1));
    const puzzle = withBlanks(grid!, side, blanks, random);
    const shown = drawn(
      side,
      puzzle.map((digit) => (digit === BLANK ? '_' : digit)),
    );
    const text =
      `Fill each _ of this grid with 0 or 1, so that every row and every column holds ${side / 2} zeros and ${side / 2} ` +
      `ones, and no three equal digits stand next to one another in a row or a column.\n${shown}\n` +
      `Answer with the whole grid: ${side} lines of ${side} digits, with spaces between the digits.`;
    const size = puzzle.filter((digit) => digit === BLANK).length;
    return { text, answer: drawn(side, grid!), meta: { puzzle, side, size } };
  },
  score(answer, { meta }) {
    const puzzle = meta.puzzle as number[];
    const side = meta.side as number;
    const grid = readGrid(answer, puzzle.length);
    if (grid === null) return 0;
    const kept = puzzle.every((digit, cell) => digit === BLANK || digit === grid[cell]);
    return kept && grid.every((_, cell) => fits(grid, cell, side)) ? 1 : 0;
  },
  solve: ({ meta }) =>
    completions(meta.puzzle as number[], meta.side as number, 2).map((grid) =>
      drawn(meta.side as number, grid),
    ),
};
