/** @file Queens: complete a placement of n queens on an n × n board of which no two attack each other. */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { readIntegers } from '../read.ts';

/** Side of the board and queens given of each level. */
const LEVELS = [
  { side: 5, given: 2 },
  { side: 6, given: 2 },
  { side: 8, given: 3 },
  { side: 10, given: 3 },
  { side: 12, given: 3 },
] as const;

function attack(rowA: number, columnA: number, rowB: number, columnB: number): boolean {
  return columnA === columnB || Math.abs(columnA - columnB) === Math.abs(rowA - rowB);
}

/** Up to `limit` placements (column of each row, from 0) that keep the given ones (−1: open), by columns in `order`. */
function placements(given: readonly number[], limit: number, order: readonly number[]): number[][] {
  const found: number[][] = [];
  const fits = (columns: readonly number[], row: number, column: number) =>
    columns.every((other, i) => !attack(i, other, row, column)) &&
    given.every((other, i) => other === -1 || i === row || !attack(i, other, row, column));
  const search = (columns: readonly number[]): void => {
    const row = columns.length;
    if (row === given.length) {
      found.push([...columns]);
      return;
    }
    for (const column of given[row] === -1 ? order : [given[row]!]) {
      if (found.length >= limit) return;
      if (fits(columns, row, column)) search([...columns, column]);
    }
  };
  search([]);
  return found;
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function randomPlacement(side: number, random: Random): number[] {
  for (;;) {
    // A random first queen, or the search would keep to its corner of the solutions.
    const given = range(side).map((row) => (row === 0 ? random.int(0, side - 1) : -1));
    const [placement] = placements(given, 1, random.shuffle(range(side)));
    if (placement !== undefined) return placement;
  }
}

/** The n queens problem, with some queens given. */
export const nQueens: TaskFamily = {
  name: 'n-queens',
  description: 'Complete a placement of queens that do not attack one another.',
  levels: LEVELS.length,
  unique: false,
  generate(random, level) {
    const { side, given } = atLevel(LEVELS, level);
    const placement = randomPlacement(side, random);
    const shown = new Set(random.shuffle(range(side)).slice(0, given));
    const columns = placement.map((column, row) => (shown.has(row) ? column : -1));
    const board = columns.map((column) =>
      range(side)
        .map((i) => (i === column ? 'Q' : '.'))
        .join(' '),
    );
    const text =
      `Place ${side} queens on this ${side}×${side} board so that no two share a row, a column or a diagonal. The ` +
      `queens shown (Q) stay where they are.\n${board.join('\n')}\n` +
      `Answer with the column (1 to ${side}) of the queen in each row, from the first row to the last, separated by ` +
      'spaces.';
    const answer = placement.map((column) => column + 1).join(' ');
    return { text, answer, meta: { columns, size: side - given } };
  },
  score(answer, { meta }) {
    const given = meta.columns as number[];
    const columns = readIntegers(plainAnswer(answer))?.map((column) => column - 1);
    if (columns?.length !== given.length) return 0;
    const right = columns.every(
      (column, row) =>
        column >= 0 &&
        column < given.length &&
        (given[row] === -1 || given[row] === column) &&
        columns.every((other, i) => i >= row || !attack(i, other, row, column)),
    );
    return right ? 1 : 0;
  },
  solve({ meta }) {
    const given = meta.columns as number[];
    return placements(given, 2, range(given.length)).map((found) =>
      found.map((column) => column + 1).join(' '),
    );
  },
};
