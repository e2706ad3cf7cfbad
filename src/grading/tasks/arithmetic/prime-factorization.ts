/** @file A number as a product of primes. */
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
];
const LEVELS = [
  { factors: 2, primes: 6 },
  { factors: 4, primes: 6 },
  { factors: 4, primes: 12 },
  { factors: 5, primes: 18 },
  { factors: 6, primes: 25 },
];
const MAX_ANSWER = 400;
/** More than any number here has. */
const MAX_FACTORS = 40;

const QUESTIONS: readonly ((n: number) => string)[] = [
  (n) => `Write ${n} as a product of prime numbers.`,
  (n) => `What is the prime factorization of ${n}?`,
  (n) => `Break ${n} down into its prime factors.`,
];
const FORMAT =
  'Answer with the primes joined by *, each as often as it divides the number, as in 2 * 2 * 3; powers such as 2^2 * 3 are fine.';

/** Made by multiplying primes; the solver divides by every number from 2 upwards. */
export const primeFactorization: TaskFamily = {
  name: 'prime-factorization',
  description: 'Write a number as a product of primes.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { factors, primes } = atLevel(LEVELS, level);
    const chosen = Array.from({ length: factors }, () => random.choice(PRIMES.slice(0, primes)));
    const n = chosen.reduce((product, prime) => product * prime, 1);
    return {
      text: `${random.choice(QUESTIONS)(n)} ${FORMAT}`,
      answer: chosen.sort((a, b) => a - b).join(' * '),
      meta: { n, size: factors * primes },
    };
  },

  score(answer, problem) {
    const factors = readFactors(answer);
    return factors !== null && factors.sort((a, b) => a - b).join(' * ') === problem.answer ? 1 : 0;
  },

  solve({ text }) {
    let rest = Number(/\d+/.exec(text)?.[0]);
    const factors: number[] = [];
    for (let divisor = 2; rest > 1; ) {
      if (rest % divisor === 0) {
        factors.push(divisor);
        rest /= divisor;
      } else {
        divisor++;
      }
    }
    return [factors.join(' * ')];
  },
};

/** The factors of `2^2 * 3`, `2² × 3`, `2·2·3` or `12 = 2 x 2 x 3`, or null where it is no such product. */
function readFactors(answer: string): number[] | null {
  const plain = plainAnswer(answer, MAX_ANSWER)
    .replace(/^\d+\s?=/, '')
    .replace(/\\times|\\cdot|[×·⋅x]|\*(?!\*)(?<!\*\*)/g, ' * ')
    .replaceAll('**', '^')
    .replaceAll('²', '^2')
    .replaceAll('³', '^3');
  const factors: number[] = [];
  for (const part of plain.split(' * ')) {
    const match = /^\s*(\d{1,15})\s?(?:\^\s?\{?(\d{1,2})\}?)?\s*$/.exec(part);
    if (match === null || match[2] === '0' || factors.length > MAX_FACTORS) return null;
    factors.push(...Array.from({ length: Number(match[2] ?? 1) }, () => Number(match[1])));
  }
  return factors;
}
