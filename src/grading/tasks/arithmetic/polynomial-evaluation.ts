/** @file The value of a polynomial at a whole number. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { formatRational, rational } from '../rational.ts';
import { evaluate, formatPolynomial, polynomial } from './polynomial.ts';
import { readValue } from './read-polynomial.ts';

const LEVELS = [
  { degree: 1, max: 9, at: 9 },
  { degree: 2, max: 9, at: 6 },
  { degree: 3, max: 12, at: 6 },
  { degree: 4, max: 20, at: 8 },
  { degree: 6, max: 30, at: 9 },
];

/** `f(x) = …` on its own line, then the argument. */
const QUESTIONS: readonly ((f: string, x: number) => string)[] = [
  (f, x) => `Let\nf(x) = ${f}\nWhat is f(${x})?`,
  (f, x) => `A function is defined by\nf(x) = ${f}\nFind its value f(${x}).`,
  (f, x) => `Given\nf(x) = ${f}\nevaluate f(${x}).`,
];

/** Evaluated by Horner's rule; the solver writes the argument in the place of x and reads the line as arithmetic. */
export const polynomialEvaluation: TaskFamily = {
  name: 'polynomial-evaluation',
  description: 'Evaluate a polynomial at a whole number.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { degree, max, at } = atLevel(LEVELS, level);
    const lead = random.int(1, max) * (random.chance(0.3) ? -1 : 1);
    const p = polynomial([...Array.from({ length: degree }, () => random.int(-max, max)), lead]);
    const x = argument(random, at);
    const text = `${random.choice(QUESTIONS)(formatPolynomial(p), x)}\nAnswer with a whole number.`;
    return { text, answer: formatRational(evaluate(p, rational(x))), meta: { size: degree * at } };
  },

  score: (answer, problem) => scoreNumber(answer.replace(/^\s{0,9}f\(-?\d{1,3}\)\s?=/, ''), problem.answer),

  solve({ text }) {
    const [, f = '', , x = ''] = /\nf\(x\) = (.*)\n(.*)f\((-?\d+)\)/.exec(text) ?? [];
    const value = readValue(f.replaceAll('x', `(${x})`));
    return value === null ? [] : [formatRational(value)];
  },
};

function argument(random: Random, max: number): number {
  return random.int(2, max) * (random.chance(0.4) ? -1 : 1);
}
