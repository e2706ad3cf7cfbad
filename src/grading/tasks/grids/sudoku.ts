/**
 * @file Sudoku, 4×4 and 9×9: fill the blanks so that each row, column and box holds every digit once.
 *
 * Generator: a random full grid, then clues taken away in random order while the solution stays the only one. Solver:
 * depth first over bit masks, always at the cell with the fewest digits left, which fills forced cells first.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { Problem, TaskFamily } from '../family.ts';

/** A grid in reading order, 0 where blank. */
type Grid = number[];

/** The solver's view of a size: of each cell the row, column and box, as indices of units. */
interface Layout {
  readonly side: number;
  readonly units: readonly (readonly [row: number, column: number, box: number])[];
}

function layoutOf(side: number): Layout {
  const box = Math.sqrt(side);
  const units = Array.from({ length: side * side }, (_, cell) => {
    const row = Math.floor(cell / side);
    const column = cell % side;
    const inBox = Math.floor(row / box) * box + Math.floor(column / box);
    return [row, side + column, 2 * side + inBox] as const;
  });
  return { side, units };
}

/** Bits of the digits still free for `cell`. */
function candidates({ units }: Layout, free: Int32Array, cell: number): number {
  const [row, column, box] = units[cell]!;
  return free[row]! & free[column]! & free[box]!;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function toggle({ units }: Layout, free: Int32Array, cell: number, bit: number): void {
  for (const unit of units[cell]!) free[unit]! ^= bit;
}

/**
 * Up to `limit` completions of `grid`; none where its digits clash. `order` gives the digits tried first, random for a
 * random grid.
 */
export function solveSudoku(layout: Layout, grid: Grid, limit: number, order?: readonly number[]): Grid[] {
  const { side } = layout;
  const digits = order ?? Array.from({ length: side }, (_, i) => i + 1);
  const free = new Int32Array(3 * side).fill((1 << side) - 1);
  for (const [cell, digit] of grid.entries()) {
    if (digit === 0) continue;
    const bit = 1 << (digit - 1);
    if ((candidates(layout, free, cell) & bit) === 0) return [];
    toggle(layout, free, cell, bit);
  }
  const work = [...grid];
  const found: Grid[] = [];
  const search = (): void => {
    let cell = -1;
    let fewest = side + 1;
    for (let i = 0; i < work.length && fewest > 1; i++) {
      if (work[i] !== 0) continue;
      const count = bitCount(candidates(layout, free, i));
      if (count < fewest) [cell, fewest] = [i, count];
    }
    if (cell === -1) {
      found.push([...work]);
      return;
    }
    const bits = candidates(layout, free, cell);
    for (const digit of digits) {
      const bit = 1 << (digit - 1);
      if ((bits & bit) === 0) continue;
      work[cell] = digit;
      toggle(layout, free, cell, bit);
      search();
      toggle(layout, free, cell, bit);
      work[cell] = 0;
      if (found.length >= limit) return;
    }
  };
  search();
  return found;
}

function fullGrid(layout: Layout, random: Random): Grid {
  const { side } = layout;
  const digits = random.shuffle(Array.from({ length: side }, (_, i) => i + 1));
  const start: Grid = Array.from({ length: side * side }, () => 0);
  // A random first row, and digits tried in another random order, reach grids enough.
  for (const [i, digit] of digits.entries()) start[i] = digit;
  const cell = random.int(side, side * side - 1);
  const column = cell % side;
  for (const digit of random.shuffle(digits)) {
    if (digit === digits[column]) continue;
    start[cell] = digit;
    const [grid] = solveSudoku(layout, start, 1, random.shuffle(digits));
    if (grid !== undefined) return grid;
  }
  throw new Error('a first row and one digit can always be completed');
}

/** `grid` with up to `blanks` cells emptied so that it still has one completion. */
function withBlanks(layout: Layout, grid: Grid, blanks: number, random: Random): Grid {
  const puzzle = [...grid];
  let left = blanks;
  for (const cell of random.shuffle(grid.map((_, i) => i))) {
    if (left === 0) break;
    const digit = puzzle[cell]!;
    puzzle[cell] = 0;
    if (solveSudoku(layout, puzzle, 2).length === 1) left--;
    else puzzle[cell] = digit;
  }
  return puzzle;
}

const lines = (side: number, cells: readonly (number | string)[]): string =>
  Array.from({ length: side }, (_, row) => cells.slice(row * side, (row + 1) * side).join(' ')).join('\n');

/** The digits of an answer, whatever stands between them of spaces, bars, dashes and commas; null where it is more. */
function readGrid(answer: string, cells: number): Grid | null {
  const text = plainAnswer(answer);
  if (!/^[\d\s|+,;[\]_-]+$/u.test(text)) return null;
  const grid = [...text.matchAll(/\d/gu)].map(([digit]) => Number(digit));
  return grid.length === cells ? grid : null;
}

function sudoku(side: number, blanksOf: readonly number[]): TaskFamily {
  const layout = layoutOf(side);
  const box = Math.sqrt(side);
  const puzzleOf = ({ meta }: Problem) => meta.puzzle as number[];
  return {
    name: `sudoku${side}`,
    description: `Complete a ${side}×${side} sudoku that has one solution.`,
    levels: blanksOf.length,
    unique: true,
    partialCredit: 'share of the blanks filled right, when every given digit is kept',
    generate(random, level) {
      const solution = fullGrid(layout, random);
      const puzzle = withBlanks(layout, solution, atLevel(blanksOf, level), random);
      const shown = lines(
        side,
        puzzle.map((digit) => (digit === 0 ? '_' : digit)),
      );
      const text =
        `Solve this ${side}×${side} sudoku: fill each _ so that every row, every column and every ${box}×${box} box ` +
        `holds each digit from 1 to ${side} once.\n${shown}\n` +
        `Answer with the whole grid: ${side} lines of ${side} digits, with spaces between the digits.`;
      return {
        text,
        answer: lines(side, solution),
        meta: { puzzle, size: puzzle.filter((digit) => digit === 0).length },
      };
    },
    score(answer, problem) {
      const grid = readGrid(answer, side * side);
      const puzzle = puzzleOf(problem);
      if (grid === null || puzzle.some((digit, i) => digit !== 0 && digit !== grid[i])) return 0;
      const solution = readGrid(problem.answer, side * side)!;
      const blanks = puzzle.flatMap((digit, i) => (digit === 0 ? [i] : []));
      return blanks.filter((i) => grid[i] === solution[i]).length / blanks.length;
    },
    solve: (problem) => solveSudoku(layout, puzzleOf(problem), 2).map((grid) => lines(side, grid)),
  };
}

/** Sudoku 4×4 with 4 to 10 blanks. */
export const sudoku4 = sudoku(4, [4, 6, 8, 9, 10]);

/** Sudoku 9×9 with 20 to 54 blanks; of some grids the last few clues cannot be taken away. */
export const sudoku9 = sudoku(9, [20, 30, 40, 48, 54]);
