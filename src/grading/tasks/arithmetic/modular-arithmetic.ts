/** @file Remainders of sums, products and powers too large to write out. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { max: 30, modulus: 9, exponent: 3 },
  { max: 100, modulus: 12, exponent: 6 },
  { max: 500, modulus: 30, exponent: 20 },
  { max: 5000, modulus: 100, exponent: 200 },
  { max: 50_000, modulus: 1000, exponent: 5000 },
];

const QUESTIONS: readonly ((e: string, m: number) => string)[] = [
  (e, m) => `What is the remainder when ${e} is divided by ${m}?`,
  (e, m) => `Compute (${e}) mod ${m}.`,
  (e, m) => `Dividing ${e} by ${m} leaves which remainder?`,
];

/** By reducing at each step and squaring; the solver takes the whole number, written out, by BigInt. */
export const modularArithmetic: TaskFamily = {
  name: 'modular-arithmetic',
  description: 'Find the remainder of a sum of products and powers.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { max, modulus, exponent } = atLevel(LEVELS, level);
    const m = random.int(3, modulus);
    const a = random.int(2, max);
    const b = random.int(2, max);
    const c = random.int(1, max);
    const [e, remainder] = makeExpression(random, { a, b, c, k: random.int(2, exponent), m });
    const text = `${random.choice(QUESTIONS)(e, m)} Answer with a whole number from 0 to ${m - 1}.`;
    return { text, answer: String(remainder), meta: { expression: e, m, size: max } };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ meta }) {
    const terms = (meta.expression as string).split(' + ');
    const total = terms.map((term) =>
      term
        .split(' * ')
        .map((factor) =>
          factor
            .split('^')
            .map(BigInt)
            .reduce((base, power) => base ** power),
        )
        .reduce((product, factor) => product * factor),
    );
    return [String(total.reduce((sum, term) => sum + term) % BigInt(Number(meta.m)))];
  },
};

type Numbers = { readonly [name in 'a' | 'b' | 'c' | 'k' | 'm']: number };

function makeExpression(random: Random, { a, b, c, k, m }: Numbers): readonly [string, number] {
  const power = powerMod(a % m, k, m);
  return random.choice([
    [`${a} * ${b} + ${c}`, (a * b + c) % m],
    [`${a}^${k}`, power],
    [`${a}^${k} + ${b} * ${c}`, (power + b * c) % m],
    [`${b} * ${a}^${k} + ${c}`, ((b % m) * power + c) % m],
  ] as const);
}

function powerMod(base: number, exponent: number, m: number): number {
  if (exponent === 0) return 1 % m;
  const half = powerMod(base, Math.floor(exponent / 2), m);
  return (((half * half) % m) * (exponent % 2 === 1 ? base : 1)) % m;
}
