/** @file Products of polynomials, multiplied out. Like terms must be collected: what is still a product is not accepted. */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { div, mul, rational } from '../rational.ts';
import {
  addPolynomials,
  evaluate,
  formatPolynomial,
  mulPolynomials,
  type Polynomial,
  polynomial,
} from './polynomial.ts';
import { readPolynomial } from './read-polynomial.ts';

const LEVELS = [
  { factors: 2, degree: 1, max: 5 },
  { factors: 2, degree: 1, max: 12 },
  { factors: 2, degree: 2, max: 9 },
  { factors: 3, degree: 2, max: 9 },
  { factors: 4, degree: 2, max: 9 },
];

const INTROS = [
  'Multiply out and collect like terms:',
  'Expand:',
  'Write this product as a sum of powers of x:',
];
/** A number, a power of x, or both. */
const TERM = /^\s?\d{0,20}\s?\*?\s?(x[\^*{}\d²³]{0,6})?\s?$/;
const FORMAT = 'Answer in the form 2x^3 - x + 5, each power of x once, the terms in any order.';

/** Made by convolution; the solver evaluates the written product at points and interpolates (Lagrange). */
export const polynomialExpansion: TaskFamily = {
  name: 'polynomial-expansion',
  description: 'Multiply out a product of polynomials.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { factors, degree, max } = atLevel(LEVELS, level);
    const parts = Array.from({ length: factors }, () => makeFactor(random, degree, max));
    const product = parts.map((p) => `(${formatPolynomial(p)})`).join('');
    return {
      text: `${random.choice(INTROS)}\n${product}\n${FORMAT}`,
      answer: formatPolynomial(parts.reduce(mulPolynomials)),
      meta: { size: factors * degree * 10 + max },
    };
  },

  score(answer, problem) {
    const plain = plainAnswer(answer, 1000);
    const terms = plain.split(/[-+−]/).filter((term) => term.trim() !== '');
    const given = terms.every((term) => TERM.test(term)) ? readPolynomial(plain) : null;
    if (given === null || terms.length !== given.filter(({ num }) => num !== 0n).length) return 0;
    return formatPolynomial(given) === problem.answer ? 1 : 0;
  },

  solve({ text }) {
    const factors = (text.split('\n')[1] ?? '')
      .split(/(?<=\))/)
      .map((factor) => readPolynomial(factor) ?? []);
    const degree = factors.reduce((sum, factor) => sum + factor.length - 1, 0);
    const points = Array.from({ length: degree + 1 }, (_, x) => ({
      x,
      y: factors.map((factor) => evaluate(factor, rational(x))).reduce(mul),
    }));
    const basis = points.map(({ x, y }) => {
      const others = points.filter((point) => point.x !== x);
      const numerator = others.reduce((p, o) => mulPolynomials(p, polynomial([-o.x, 1])), polynomial([1]));
      const scale = div(y, rational(others.reduce((product, o) => product * (x - o.x), 1)));
      return mulPolynomials(numerator, [scale]);
    });
    return [formatPolynomial(polynomial(basis.reduce(addPolynomials)))];
  },
};

/** Degree `degree` at most and one at least, never without a constant. */
function makeFactor(random: Random, degree: number, max: number): Polynomial {
  const constant = random.int(1, max) * (random.chance(0.5) ? 1 : -1);
  const middle = Array.from({ length: degree - 1 }, () => random.int(-max, max));
  return polynomial([constant, ...middle, random.int(1, max)]);
}
