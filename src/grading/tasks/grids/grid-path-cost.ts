/**
 * @file The least cost of a way across a grid of digits, from corner to corner.
 *
 * The generator relaxes all cells until nothing changes (Bellman–Ford), the solver settles the nearest cell first
 * (Dijkstra).
 */

import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { readInteger } from '../read.ts';
import { DIRECTIONS, step } from '../search/search.ts';

/** Side of the grid of each level. */
const LEVELS = [3, 4, 5, 7, 9] as const;

function neighbours(cell: number, side: number): number[] {
  return DIRECTIONS.map((direction) => step(cell, direction, side, side)).filter((next) => next !== null);
}

function relaxed(costs: readonly number[], side: number): number {
  const least = costs.map((cost, cell) => (cell === 0 ? cost : Infinity));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [cell, cost] of costs.entries()) {
      const through = cost + Math.min(...neighbours(cell, side).map((next) => least[next]!));
      if (through >= least[cell]!) continue;
      least[cell] = through;
      changed = true;
    }
  }
  return least.at(-1)!;
}

function settled(costs: readonly number[], side: number): number {
  const open = new Map([[0, costs[0]!]]);
  const done = new Set<number>();
  for (;;) {
    const [cell, cost] = [...open].reduce((best, entry) => (entry[1] < best[1] ? entry : best));
    if (cell === costs.length - 1) return cost;
    open.delete(cell);
    done.add(cell);
    for (const next of neighbours(cell, side)) {
      if (done.has(next)) continue;
      open.set(next, Math.min(open.get(next) ?? Infinity, cost + costs[next]!));
    }
  }
}

/** Least-cost ways on a grid. */
export const gridPathCost: TaskFamily = {
  name: 'grid-path-cost',
  description: 'Find the least sum of digits on a way across a grid.',
  levels: LEVELS.length,
  unique: true,
  generate(random, level) {
    const side = atLevel(LEVELS, level);
    const costs = Array.from({ length: side * side }, () => random.int(1, 9));
    const rows = Array.from({ length: side }, (_, row) =>
      costs.slice(row * side, (row + 1) * side).join(' '),
    );
    const text =
      `A way leads through this grid from the top left to the bottom right cell, in steps up, down, left or right:\n` +
      `${rows.join('\n')}\n` +
      'The cost of a way is the sum of the numbers in its cells, first and last included. What is the least cost? ' +
      'Answer with the number alone.';
    return { text, answer: String(relaxed(costs, side)), meta: { costs, side, size: costs.length } };
  },
  score: (answer, problem) => (readInteger(plainAnswer(answer)) === Number(problem.answer) ? 1 : 0),
  solve: ({ meta }) => [String(settled(meta.costs as number[], meta.side as number))],
};
