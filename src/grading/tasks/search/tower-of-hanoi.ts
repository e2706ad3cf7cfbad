/**
 * @file Tower of Hanoi: from a given position, all discs to one peg in the fewest moves.
 *
 * The fewest moves to a full tower are one sequence (Hinz, "The Tower of Hanoi – Myths and Maths"). The generator makes
 * it by recursion on the largest disc, the solver by breadth first search over all positions.
 */
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { Problem, TaskFamily } from '../family.ts';
import { breadthFirst, shortestWays } from './search.ts';

/** Discs of each level. */
const LEVELS = [2, 3, 4, 5, 6] as const;
const PEGS = [1, 2, 3];
const LONGER = 0.5;

/** The peg (1 to 3) of each disc, the smallest disc first. */
type Position = readonly number[];

/** The position after the top disc of one peg goes to another, or null where that is no move. */
function moved(position: Position, from: number, to: number): Position | null {
  const disc = position.indexOf(from);
  const onTarget = position.indexOf(to);
  if (disc === -1 || from === to || (onTarget !== -1 && onTarget < disc)) return null;
  return position.with(disc, to);
}

/** The fewest moves that bring the `count` smallest discs to `target`; written like `1->3`. */
function recursive(position: Position, count: number, target: number): string[] {
  if (count === 0) return [];
  const from = position[count - 1]!;
  if (from === target) return recursive(position, count - 1, target);
  const aside = PEGS.find((peg) => peg !== from && peg !== target)!;
  const stacked = position.map((peg, disc) => (disc < count - 1 ? aside : peg));
  return [
    ...recursive(position, count - 1, aside),
    `${from}->${target}`,
    ...recursive(stacked, count - 1, target),
  ];
}

/** The moves of an answer (`1->3, 1->2`, one a line, with any arrow), or null where it is more than moves. */
function readMoves(answer: string): [from: number, to: number][] | null {
  const text = plainAnswer(answer).replaceAll(/→|=>|\bto\b/gu, '->');
  if (!/^(?:[1-3]\s{0,3}->\s{0,3}[1-3][\s,;.]*)+$/u.test(text)) return null;
  return [...text.matchAll(/([1-3])\s*->\s*([1-3])/gu)].map(([, from, to]) => [Number(from), Number(to)]);
}

const metaOf = ({ meta }: Problem) => meta as unknown as { position: number[]; target: number };

function inWords(position: Position): string {
  return PEGS.map((peg) => {
    const discs = position.flatMap((on, disc) => (on === peg ? [disc + 1] : [])).reverse();
    return `Peg ${peg}: ${discs.length === 0 ? 'empty' : discs.join(' ')}`;
  }).join('\n');
}

/** Tower of Hanoi. */
export const towerOfHanoi: TaskFamily = {
  name: 'tower-of-hanoi',
  description: 'Bring all discs to one peg in the fewest moves.',
  levels: LEVELS.length,
  unique: true,
  partialCredit: `${LONGER} for valid moves that reach the goal but are not the fewest`,
  generate(random, level) {
    const discs = atLevel(LEVELS, level);
    const position = Array.from({ length: discs }, () => random.int(1, 3));
    const target = random.choice(PEGS.filter((peg) => peg !== position.at(-1)));
    const moves = recursive(position, discs, target);
    const text =
      `Tower of Hanoi with ${discs} discs, 1 the smallest. Each peg is listed from the bottom to the top:\n` +
      `${inWords(position)}\n` +
      'A move takes the top disc of a peg to another peg; no disc may lie on a smaller one. ' +
      `Bring all discs to peg ${target} in the fewest moves. Answer with the moves in order, separated by commas, each ` +
      'written as from->to, for example 1->2.';
    return { text, answer: moves.join(', '), meta: { position, target, size: moves.length } };
  },
  score(answer, problem) {
    const { position, target } = metaOf(problem);
    const moves = readMoves(answer);
    if (moves === null) return 0;
    let now: Position | null = position;
    for (const [from, to] of moves) {
      now = moved(now, from, to);
      if (now === null) return 0;
    }
    if (now.some((peg) => peg !== target)) return 0;
    return moves.length === readMoves(problem.answer)!.length ? 1 : LONGER;
  },
  solve(problem) {
    const { position, target } = metaOf(problem);
    const search = breadthFirst(position.join(''), function* (key) {
      const now = [...key].map(Number);
      for (const from of PEGS) {
        for (const to of PEGS) {
          const next = moved(now, from, to);
          if (next !== null) yield [`${from}->${to}`, next.join('')] as const;
        }
      }
    });
    return shortestWays(search, String(target).repeat(position.length), 2).map((moves) => moves.join(', '));
  },
};
