/** @file Conway's Game of Life on a small board surrounded by dead cells. */
import { readGrid } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { side: 4, steps: 1 },
  { side: 6, steps: 1 },
  { side: 7, steps: 2 },
  { side: 9, steps: 4 },
  { side: 12, steps: 8 },
];
const INTROS = [
  'Conway’s Game of Life is played on this board (1 alive, 0 dead; all cells outside are dead and stay so):',
  'This is a board of the Game of Life, 1 for a living cell and 0 for a dead one. Beyond its edges everything is dead and stays dead:',
];
const RULE =
  'In each step a living cell stays alive with two or three living neighbours among the eight around it, a dead cell comes alive with exactly three, and all others are dead.';

type Board = readonly (readonly number[])[];

/** Each cell counts its neighbours; the solver lets the living cells tell theirs. */
export const gameOfLife: TaskFamily = {
  name: 'game-of-life',
  description: 'Advance a board of the Game of Life by some steps.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { side, steps } = atLevel(LEVELS, level);
    for (;;) {
      const start: Board = Array.from({ length: side }, () =>
        Array.from({ length: side }, () => (random.chance(0.4) ? 1 : 0)),
      );
      let board = start;
      for (let i = 0; i < steps; i++) board = advance(board);
      if (!write(board).includes('1') || write(board) === write(start)) continue;
      const question = `What is the board after ${steps} ${steps === 1 ? 'step' : 'steps'}?`;
      const format = 'Answer with the rows of the board in the same form, one row a line.';
      const text = [random.choice(INTROS), write(start), RULE, question, format].join('\n');
      return { text, answer: write(board), meta: { steps, size: side * side * steps } };
    }
  },

  score(answer, problem) {
    const rows = readGrid(answer).map((row) => row.join(''));
    return rows.join('\n') === problem.answer.replaceAll(' ', '') ? 1 : 0;
  },

  solve({ text, meta }) {
    const rows = text.split('\n').filter((line) => /^[01 ]+$/.test(line));
    const side = rows.length;
    let alive = new Set(
      rows.flatMap((row, i) => row.split(' ').flatMap((cell, j) => (cell === '1' ? [i * side + j] : []))),
    );
    for (let step = 0; step < Number(meta.steps); step++) alive = nextGeneration(alive, side);
    const cell = (i: number, j: number) => (alive.has(i * side + j) ? '1' : '0');
    return [rows.map((_, i) => rows.map((_row, j) => cell(i, j)).join(' ')).join('\n')];
  },
};

function write(board: Board): string {
  return board.map((row) => row.join(' ')).join('\n');
}

function advance(board: Board): Board {
  return board.map((row, i) =>
    row.map((cell, j) => {
      const block = [i - 1, i, i + 1].flatMap((y) => [j - 1, j, j + 1].map((x) => board[y]?.[x] ?? 0));
      const living = block.reduce((sum, n) => sum + n, 0) - cell;
      return living === 3 || (living === 2 && cell === 1) ? 1 : 0;
    }),
  );
}

/** `alive` holds row · side + column of each living cell. */
function nextGeneration(alive: ReadonlySet<number>, side: number): Set<number> {
  const counts = new Map<number, number>();
  for (const place of alive) {
    const [i, j] = [Math.floor(place / side), place % side];
    for (let y = Math.max(0, i - 1); y <= Math.min(side - 1, i + 1); y++) {
      for (let x = Math.max(0, j - 1); x <= Math.min(side - 1, j + 1); x++) {
        if (y !== i || x !== j) counts.set(y * side + x, (counts.get(y * side + x) ?? 0) + 1);
      }
    }
  }
  return new Set(
    [...counts].filter(([place, n]) => n === 3 || (n === 2 && alive.has(place))).map(([place]) => place),
  );
}
