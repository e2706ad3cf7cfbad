/** @file A grid of digits turned and mirrored by steps told in English. */
import { scoreGrid } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { rows: 2, columns: 2, steps: 1 },
  { rows: 3, columns: 3, steps: 1 },
  { rows: 3, columns: 4, steps: 2 },
  { rows: 4, columns: 5, steps: 4 },
  { rows: 6, columns: 7, steps: 8 },
];

type Grid = readonly (readonly number[])[];
interface Step {
  readonly wordings: readonly string[];
  readonly run: (grid: Grid) => Grid;
  /** Where the cell (i, j) of the result stood before, in a grid of `rows` × `columns`. */
  readonly source: (i: number, j: number, rows: number, columns: number) => readonly [number, number];
  readonly turns: boolean;
}

const mirror = (grid: Grid): Grid => grid.map((row) => [...row].reverse());
const transpose = (grid: Grid): Grid => grid[0]!.map((_, j) => grid.map((row) => row[j]!));

const STEPS: readonly Step[] = [
  {
    wordings: ['Rotate it by 90 degrees clockwise.', 'Give it a quarter turn to the right.'],
    run: (grid) => transpose([...grid].reverse()),
    source: (i, j, rows) => [rows - 1 - j, i],
    turns: true,
  },
  {
    wordings: ['Rotate it by 90 degrees counterclockwise.', 'Give it a quarter turn to the left.'],
    run: (grid) => [...transpose(grid)].reverse(),
    source: (i, j, _rows, columns) => [j, columns - 1 - i],
    turns: true,
  },
  {
    wordings: ['Rotate it by 180 degrees.', 'Turn it upside down by a half turn.'],
    run: (grid) => mirror([...grid].reverse()),
    source: (i, j, rows, columns) => [rows - 1 - i, columns - 1 - j],
    turns: false,
  },
  {
    wordings: [
      'Mirror it left to right, so that the first column becomes the last.',
      'Reverse the order within each row.',
    ],
    run: mirror,
    source: (i, j, _rows, columns) => [i, columns - 1 - j],
    turns: false,
  },
  {
    wordings: [
      'Mirror it top to bottom, so that the first row becomes the last.',
      'Reverse the order of the rows.',
    ],
    run: (grid) => [...grid].reverse(),
    source: (i, j, rows) => [rows - 1 - i, j],
    turns: false,
  },
  {
    wordings: [
      'Transpose it, so that rows become columns.',
      'Flip it over the diagonal from top left to bottom right.',
    ],
    run: transpose,
    source: (i, j) => [j, i],
    turns: true,
  },
];

/** The solver follows each cell of the result back through the steps to where it stood at first. */
export const gridTransform: TaskFamily = {
  name: 'grid-transform',
  description: 'Rotate, mirror and transpose a grid of digits.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    for (;;) {
      const start: Grid = Array.from({ length: difficulty.rows }, () =>
        Array.from({ length: difficulty.columns }, () => random.int(0, 9)),
      );
      const steps = Array.from({ length: difficulty.steps }, () => random.choice(STEPS));
      const end = steps.reduce((grid, step) => step.run(grid), start);
      if (write(end) === write(start)) continue;
      const lines = steps.map(({ wordings }, i) => `${i + 1}. ${random.choice(wordings)}`);
      const opening = random.choice([
        'Here is a grid:',
        'Take this grid of digits:',
        'Look at the following grid:',
      ]);
      const format =
        'Answer with the rows of the resulting grid, one row a line, with spaces between the digits.';
      const text = [opening, write(start), 'Carry out these steps in order:', ...lines, format].join('\n');
      return {
        text,
        answer: write(end),
        meta: { size: difficulty.rows * difficulty.columns * difficulty.steps },
      };
    }
  },

  score: (answer, problem) => scoreGrid(answer, problem.answer),

  solve({ text }) {
    const lines = text.split('\n');
    const start = lines.filter((line) => /^[\d ]+$/.test(line)).map((line) => line.split(' '));
    const sentences = lines.flatMap((line) => /^\d+\. (.*)$/.exec(line)?.[1] ?? []);
    const steps = sentences.map((sentence) => STEPS.find(({ wordings }) => wordings.includes(sentence))!);
    const sizes = [[start.length, start[0]!.length]];
    for (const { turns } of steps) sizes.push(turns ? sizes.at(-1)!.toReversed() : sizes.at(-1)!);
    const origin = (place: readonly [number, number]) =>
      steps.reduceRight(([i, j], step, at) => step.source(i, j, sizes[at]![0]!, sizes[at]![1]!), place);
    const [rows, columns] = sizes.at(-1)! as [number, number];
    const cell = (i: number, j: number) => {
      const [y, x] = origin([i, j]);
      return start[y]![x]!;
    };
    const row = (i: number) => Array.from({ length: columns }, (_, j) => cell(i, j)).join(' ');
    return [Array.from({ length: rows }, (_, i) => row(i)).join('\n')];
  },
};

function write(grid: Grid): string {
  return grid.map((row) => row.join(' ')).join('\n');
}
