/** @file A linear equation in one unknown with a whole solution: both sides are sums, brackets at the higher levels. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { div, formatRational, rational, sub } from '../rational.ts';
import { addPolynomials, formatPolynomial, mulPolynomials, polynomial } from './polynomial.ts';
import { readPolynomial } from './read-polynomial.ts';

const LEVELS = [
  { brackets: 0, bothSides: false, max: 9 },
  { brackets: 0, bothSides: true, max: 12 },
  { brackets: 1, bothSides: true, max: 12 },
  { brackets: 2, bothSides: true, max: 20 },
  { brackets: 4, bothSides: true, max: 50 },
];

const INTROS = [
  'Solve for x:',
  'Find x.',
  'Which number x satisfies this equation?',
  'What is x, given that',
];

/** The solution is chosen first; the solver reads both sides as polynomials ax + b and divides. */
export const linearEquation: TaskFamily = {
  name: 'linear-equation',
  description: 'Solve a linear equation in one unknown.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { brackets, bothSides, max } = atLevel(LEVELS, level);
    const x = random.int(-max, max);
    for (;;) {
      const left = makeSide(random, true, Math.ceil(brackets / 2), max);
      const right = makeSide(random, bothSides, Math.floor(brackets / 2), max);
      if (left.slope === right.slope) continue;
      const gap = (left.slope - right.slope) * x + left.constant - right.constant;
      const fill = gap === 0 ? '' : ` ${gap > 0 ? '+' : '-'} ${Math.abs(gap)}`;
      const equation = `${left.text} = ${right.text}${fill}`;
      const text = `${random.choice(INTROS)}\n${equation}\nAnswer with the value of x, a whole number.`;
      return { text, answer: String(x), meta: { size: equation.length } };
    }
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer),

  solve({ text }) {
    const [left, right] = (text.split('\n')[1] ?? '').split('=').map((side) => readPolynomial(side));
    if (!left || !right) return [];
    const [b, a] = addPolynomials(left, mulPolynomials(right, polynomial([-1])));
    return a === undefined ? [] : [formatRational(div(sub(rational(0), b ?? rational(0)), a))];
  },
};

interface Side {
  readonly text: string;
  readonly slope: number;
  readonly constant: number;
}

function makeSide(random: Random, hasUnknown: boolean, brackets: number, max: number): Side {
  let slope = hasUnknown ? nonZero(random, max) : 0;
  let constant = random.int(-max, max);
  let text = formatPolynomial(polynomial([constant, slope]));
  for (let i = 0; i < brackets; i++) {
    const factor = nonZero(random, 9);
    const inner = [nonZero(random, max), nonZero(random, 9)] as const;
    const size = Math.abs(factor) === 1 ? '' : Math.abs(factor);
    text += ` ${factor < 0 ? '-' : '+'} ${size}(${formatPolynomial(polynomial(inner))})`;
    slope += factor * inner[1];
    constant += factor * inner[0];
  }
  return { text, slope, constant };
}

function nonZero(random: Random, max: number): number {
  return random.int(1, max) * (random.chance(0.5) ? 1 : -1);
}
