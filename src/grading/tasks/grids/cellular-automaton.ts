/** @file One-dimensional cellular automata (Wolfram's 256 elementary rules) on a ring of cells. */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { width: 6, steps: 1 },
  { width: 8, steps: 2 },
  { width: 12, steps: 3 },
  { width: 16, steps: 5 },
  { width: 24, steps: 9 },
];
const INTROS = [
  'Cells stand in a ring, the last beside the first.',
  'A row of cells is closed to a ring: left of the first cell is the last.',
];

/** By the bits of the rule's number; the solver reads the table of the text and slides over the row. */
export const cellularAutomaton: TaskFamily = {
  name: 'cellular-automaton',
  description: 'Advance a one-dimensional cellular automaton by some steps.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { width, steps } = atLevel(LEVELS, level);
    for (;;) {
      const rule = random.int(1, 254);
      const start = Array.from({ length: width }, () => random.int(0, 1));
      let row = start;
      for (let i = 0; i < steps; i++) row = row.map((_, j) => (rule >> patternAt(row, j)) & 1);
      if (row.join('') === start.join('')) continue;
      const text = [
        random.choice(INTROS),
        'In each step all cells change at once. What a cell becomes depends on its left neighbour, itself and its right neighbour, in this order:',
        table(random, rule),
        `The row starts as ${start.join('')}. What is it after ${steps} ${steps === 1 ? 'step' : 'steps'}?`,
        `Answer with ${width} digits 0 or 1.`,
      ];
      return { text: text.join('\n'), answer: row.join(''), meta: { steps, size: width * steps } };
    }
  },

  score: (answer, problem) => (plainAnswer(answer, 400).replace(/[\s,[\]]/g, '') === problem.answer ? 1 : 0),

  solve({ text, meta }) {
    const rules = new Map(
      [...text.matchAll(/([01]{3}) gives ([01])/g)].map(([, pattern, cell]) => [pattern, cell]),
    );
    let row = /starts as ([01]+)/.exec(text)?.[1] ?? '';
    for (let i = 0; i < Number(meta.steps); i++) {
      const ring = row.at(-1)! + row + row.charAt(0);
      row = [...row].map((_, j) => rules.get(ring.slice(j, j + 3))).join('');
    }
    return [row];
  },
};

/** Left neighbour, cell and right neighbour as a number 0..7. */
function patternAt(row: readonly number[], j: number): number {
  return 4 * row.at(j - 1)! + 2 * row[j]! + row[(j + 1) % row.length]!;
}

function table(random: Random, rule: number): string {
  const patterns = random.chance(0.5) ? [7, 6, 5, 4, 3, 2, 1, 0] : [0, 1, 2, 3, 4, 5, 6, 7];
  return patterns.map((p) => `${p.toString(2).padStart(3, '0')} gives ${(rule >> p) & 1}`).join(', ');
}
