/**
 * @file Water jugs: measure an amount by filling, emptying and pouring, in the fewest moves.
 *
 * Capacities and target are drawn until breadth first search over the amounts needs as many moves as the level asks for.
 */
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { Problem, TaskFamily } from '../family.ts';
import { breadthFirst, shortestWays } from './search.ts';

/** Jugs, largest capacity, and fewest and most moves, of each level. */
const LEVELS = [
  { jugs: 2, largest: 12, fewest: 2, most: 3 },
  { jugs: 2, largest: 15, fewest: 4, most: 5 },
  { jugs: 3, largest: 10, fewest: 5, most: 6 },
  { jugs: 2, largest: 18, fewest: 7, most: 10 },
  { jugs: 2, largest: 25, fewest: 11, most: 16 },
] as const;
const NAMES = 'ABC';
const LONGER = 0.5;

interface Meta {
  readonly capacities: readonly number[];
  readonly target: number;
}

/** The amounts after a move (`fill A`, `empty A`, `pour A B`), or null where it is none or changes nothing. */
function poured(amounts: readonly number[], capacities: readonly number[], move: string): number[] | null {
  const match = /^(?:(fill|empty) ([a-c])|pour ([a-c])(?: (?:in)?to)? ([a-c]))$/iu.exec(move);
  if (match === null) return null;
  const jug = NAMES.indexOf((match[2] ?? match[3])!.toUpperCase());
  if (jug >= amounts.length) return null;
  if (match[1] !== undefined) {
    const amount = match[1].toLowerCase() === 'fill' ? capacities[jug]! : 0;
    return amounts[jug] === amount ? null : amounts.with(jug, amount);
  }
  const to = NAMES.indexOf(match[4]!.toUpperCase());
  if (to === jug || to >= amounts.length) return null;
  const flow = Math.min(amounts[jug]!, capacities[to]! - amounts[to]!);
  return flow === 0 ? null : amounts.with(jug, amounts[jug]! - flow).with(to, amounts[to]! + flow);
}

function allMoves(jugs: number): string[] {
  const names = NAMES.slice(0, jugs).split('');
  const single = names.flatMap((name) => [`fill ${name}`, `empty ${name}`]);
  return [...single, ...names.flatMap((a) => names.filter((b) => b !== a).map((b) => `pour ${a} ${b}`))];
}

/** Up to `limit` shortest lists of moves after which some jug holds the target. */
function shortest({ capacities, target }: Meta, limit: number): string[][] {
  const moves = allMoves(capacities.length);
  const search = breadthFirst(capacities.map(() => 0).join(' '), function* (key) {
    const amounts = key.split(' ').map(Number);
    for (const move of moves) {
      const next = poured(amounts, capacities, move);
      if (next !== null) yield [move, next.join(' ')] as const;
    }
  });
  // States are reached in order of their distance: the first that holds the target is nearest.
  const goals = [...search.distance].filter(([key]) => key.split(' ').includes(String(target)));
  const nearest = goals.filter(([, distance]) => distance === goals[0]![1]);
  return nearest.flatMap(([key]) => shortestWays(search, key, limit)).slice(0, limit);
}

/** Pouring puzzles. */
export const waterJugs: TaskFamily = {
  name: 'water-jugs',
  description: 'Measure an amount of water with jugs in the fewest moves.',
  levels: LEVELS.length,
  unique: false,
  partialCredit: `${LONGER} for valid moves that measure the amount but are not the fewest`,
  generate(random, level) {
    const { jugs, largest, fewest, most } = atLevel(LEVELS, level);
    for (;;) {
      const capacities = Array.from({ length: jugs }, () => random.int(2, largest)).sort((a, b) => a - b);
      const target = random.int(1, capacities.at(-1)!);
      const [moves] = shortest({ capacities, target }, 1);
      if (moves === undefined || moves.length < fewest || moves.length > most) continue;
      const listed = capacities.map((litres, i) => `${NAMES[i]} holds ${litres} litres`).join(', ');
      const text =
        `You have empty jugs: ${listed}. Water is there without end. A move is "fill A" (to the brim), "empty A", or ` +
        '"pour A B" (from A into B until A is empty or B is full). Every move must change something. ' +
        `Get exactly ${target} litre${target === 1 ? '' : 's'} into one jug in the fewest moves. Answer with the moves in ` +
        'order, separated by commas.';
      return { text, answer: moves.join(', '), meta: { capacities, target, size: moves.length } };
    }
  },
  score(answer, problem) {
    const { capacities, target } = problem.meta as unknown as Meta;
    const moves = plainAnswer(answer)
      .split(/[,;\n]/u)
      .map((move) => move.trim().replace(/\s+/gu, ' '))
      .filter((move) => move !== '');
    let amounts: number[] | null = capacities.map(() => 0);
    for (const move of moves) {
      amounts = poured(amounts, capacities, move);
      if (amounts === null) return 0;
    }
    if (!amounts.includes(target)) return 0;
    return moves.length === problem.answer.split(',').length ? 1 : LONGER;
  },
  solve: ({ meta }: Problem) => shortest(meta as unknown as Meta, 2).map((moves) => moves.join(', ')),
};
