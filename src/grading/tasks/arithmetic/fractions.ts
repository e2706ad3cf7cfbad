/** @file Sums, differences, products and quotients of fractions. Any form of the right number counts, as the text says. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { add, div, formatRational, mul, type Rational, rational, sub } from '../rational.ts';
import { readValue } from './read-polynomial.ts';

const LEVELS = [
  { terms: 2, max: 6, operators: '+-' },
  { terms: 2, max: 12, operators: '+-*/' },
  { terms: 3, max: 12, operators: '+-*/' },
  { terms: 4, max: 20, operators: '+-*/' },
  { terms: 6, max: 30, operators: '+-*/' },
];

const INTROS = [
  'Compute this exactly:',
  'What fraction is the following?',
  'Simplify to a single fraction:',
  'Work this out without rounding:',
];
const FORMAT = 'Answer with a fraction such as 7/12 or a whole number; it need not be in lowest terms.';

/** Folded from the left while it is made; the solver reads the written line by precedence. */
export const fractions: TaskFamily = {
  name: 'fractions',
  description: 'Add, subtract, multiply and divide fractions exactly.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { terms, max, operators } = atLevel(LEVELS, level);
    const first = makeFraction(random, max);
    let value = first;
    let text = formatRational(first);
    for (let i = 1; i < terms; i++) {
      const operator = random.choice([...operators]);
      const next = makeFraction(random, max);
      const isProduct = operator === '*' || operator === '/';
      text = `${isProduct && i > 1 ? `(${text})` : text} ${operator} (${formatRational(next)})`;
      if (i === 1) text = text.replace(/^\S+/, (fraction) => `(${fraction})`);
      value = apply(operator, value, next);
    }
    return {
      text: `${random.choice(INTROS)}\n${text}\n${FORMAT}`,
      answer: formatRational(value),
      meta: { size: terms * max },
    };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ text }) {
    const value = readValue(text.split('\n')[1] ?? '');
    return value === null ? [] : [formatRational(value)];
  },
};

function makeFraction(random: Random, max: number): Rational {
  const den = random.int(2, max);
  return rational(random.int(1, 2 * den - 1), den);
}

function apply(operator: string, a: Rational, b: Rational): Rational {
  if (operator === '+') return add(a, b);
  if (operator === '-') return sub(a, b);
  return operator === '*' ? mul(a, b) : div(a, b);
}
