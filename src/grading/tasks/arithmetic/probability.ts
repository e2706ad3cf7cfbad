/** @file Chances of draws from an urn, as exact fractions. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { formatRational, rational } from '../rational.ts';

const LEVELS = [
  { colours: 2, max: 5, draws: 1 },
  { colours: 2, max: 6, draws: 2 },
  { colours: 3, max: 6, draws: 2 },
  { colours: 3, max: 8, draws: 3 },
  { colours: 4, max: 9, draws: 4 },
];
const COLOURS = ['red', 'blue', 'green', 'white'];
const VESSELS = ['An urn', 'A bag', 'A box', 'A drawer'];

const ASKS = ['exactly', 'at least', 'all the same colour'] as const;
type Ask = (typeof ASKS)[number];

/** By counting combinations; the solver follows the draws one by one through a tree of counts. */
export const probability: TaskFamily = {
  name: 'probability',
  description: 'Find the probability of a draw from an urn as a fraction.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { colours, max, draws } = atLevel(LEVELS, level);
    const counts = Array.from({ length: colours }, () => random.int(draws, max));
    const ask = draws === 1 ? 'exactly' : random.choice(ASKS);
    const wanted = draws === 1 ? 1 : random.int(1, draws - 1);
    const total = counts.reduce((sum, n) => sum + n, 0);
    const answer = rational(favourable(ask, counts, draws, wanted), choose(total, draws));
    const text = write(random, ask, counts, draws, wanted);
    return {
      text,
      answer: formatRational(answer),
      meta: { ask, counts, draws, wanted, size: total * draws },
    };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ meta }) {
    const counts = meta.counts as readonly number[];
    const draws = Number(meta.draws);
    const total = counts.reduce((sum, n) => sum + n, 0);
    const sequences = Array.from({ length: draws }, (_, i) => total - i).reduce(
      (product, n) => product * n,
      1,
    );
    const isWanted = (drawn: readonly number[]) => {
      if (meta.ask === 'exactly') return drawn[0] === meta.wanted;
      if (meta.ask === 'at least') return drawn[0]! >= Number(meta.wanted);
      return drawn.includes(draws);
    };
    const walk = (left: readonly number[], drawn: readonly number[], rest: number): number => {
      if (rest === 0) return isWanted(drawn) ? 1 : 0;
      const branches = left.map((n, i) =>
        n === 0 ? 0 : n * walk(changed(left, i, -1), changed(drawn, i, 1), rest - 1),
      );
      return branches.reduce((sum, n) => sum + n, 0);
    };
    return [
      formatRational(
        rational(
          walk(
            counts,
            counts.map(() => 0),
            draws,
          ),
          sequences,
        ),
      ),
    ];
  },
};

function write(random: Random, ask: Ask, counts: readonly number[], draws: number, wanted: number): string {
  const balls = counts.map((n, i) => `${n} ${COLOURS[i]}`).join(', ');
  const drawn = draws === 1 ? 'One ball is' : `${draws} balls are`;
  const event =
    ask === 'all the same colour'
      ? 'all of them have the same colour'
      : `${ask} ${wanted} of them ${wanted === 1 ? 'is' : 'are'} red`;
  const question = random.choice([
    `What is the probability that ${draws === 1 ? 'it is red' : event}?`,
    `How likely is it that ${draws === 1 ? 'it is red' : event}?`,
  ]);
  const rule =
    draws === 1 ? 'drawn at random' : 'drawn at random, one after the other, without putting any back';
  return `${random.choice(VESSELS)} holds balls of these colours: ${balls}. ${drawn} ${rule}. ${question} Answer with an exact fraction such as 3/10; it need not be in lowest terms.`;
}

function favourable(ask: Ask, counts: readonly number[], draws: number, wanted: number): number {
  if (ask === 'all the same colour') return counts.reduce((sum, n) => sum + choose(n, draws), 0);
  const [red, others] = [counts[0]!, counts.slice(1).reduce((sum, n) => sum + n, 0)];
  const exactly = (k: number) => choose(red, k) * choose(others, draws - k);
  if (ask === 'exactly') return exactly(wanted);
  return Array.from({ length: draws - wanted + 1 }, (_, i) => exactly(wanted + i)).reduce(
    (sum, n) => sum + n,
    0,
  );
}

function choose(n: number, k: number): number {
  return k === 0 ? 1 : k > n ? 0 : (choose(n - 1, k - 1) * n) / k;
}

function changed(counts: readonly number[], index: number, by: number): number[] {
  return counts.map((n, i) => (i === index ? n + by : n));
}
