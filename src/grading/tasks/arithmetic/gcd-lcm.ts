/** @file Greatest common divisors and least common multiples of two or more numbers. */
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { gcdBig } from '../rational.ts';

const LEVELS = [
  { count: 2, max: 6, factor: 4 },
  { count: 2, max: 20, factor: 12 },
  { count: 3, max: 20, factor: 12 },
  { count: 3, max: 60, factor: 40 },
  { count: 4, max: 100, factor: 100 },
];

const ASK_GCD: readonly ((list: string) => string)[] = [
  (list) => `What is the greatest common divisor of ${list}?`,
  (list) => `Find the largest whole number that divides each of ${list} without remainder.`,
  (list) => `Compute gcd(${list}).`,
];
const ASK_LCM: readonly ((list: string) => string)[] = [
  (list) => `What is the least common multiple of ${list}?`,
  (list) => `Find the smallest positive whole number that each of ${list} divides without remainder.`,
  (list) => `Compute lcm(${list}).`,
];

/** Computed by Euclid's algorithm; the solver tries divisors downwards, or goes through multiples upwards. */
export const gcdLcm: TaskFamily = {
  name: 'gcd-lcm',
  description: 'Find the greatest common divisor or the least common multiple of some numbers.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { count, max, factor } = atLevel(LEVELS, level);
    const common = random.int(2, factor);
    const factors = random.shuffle(Array.from({ length: max }, (_, i) => i + 1)).slice(0, count);
    const numbers = factors.map((n) => common * n);
    const isGcd = random.chance(0.5);
    const list = numbers.join(', ');
    const question = random.choice(isGcd ? ASK_GCD : ASK_LCM)(list);
    return {
      text: `${question} Answer with a whole number.`,
      answer: String(numbers.map(BigInt).reduce(isGcd ? gcdBig : lcm)),
      meta: { ask: isGcd ? 'gcd' : 'lcm', size: count * factor * max },
    };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ text, meta }) {
    const numbers = (text.match(/\d+/g) ?? []).map(Number);
    if (meta.ask === 'gcd') {
      let divisor = Math.min(...numbers);
      while (!numbers.every((n) => n % divisor === 0)) divisor--;
      return [String(divisor)];
    }
    // The multiple grows number by number: among multiples of what is reached, the first that the next one divides.
    return [String(numbers.reduce((reached, n) => firstMultiple(reached, n), 1))];
  },
};

function lcm(a: bigint, b: bigint): bigint {
  return (a / gcdBig(a, b)) * b;
}

function firstMultiple(step: number, divisor: number): number {
  let multiple = step;
  while (multiple % divisor !== 0) multiple += step;
  return multiple;
}
