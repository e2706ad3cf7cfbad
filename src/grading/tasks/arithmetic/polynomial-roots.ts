/** @file A polynomial with whole roots, written out: a quadratic at first, up to degree five. */
import { readNumbers } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { formatRational, rational } from '../rational.ts';
import { evaluate, formatPolynomial, mulPolynomials, polynomial } from './polynomial.ts';
import { readPolynomial } from './read-polynomial.ts';

const LEVELS = [
  { degree: 2, max: 5, lead: 1 },
  { degree: 2, max: 12, lead: 1 },
  { degree: 2, max: 15, lead: 6 },
  { degree: 3, max: 10, lead: 4 },
  { degree: 4, max: 10, lead: 3 },
  { degree: 5, max: 10, lead: 3 },
];
/** No root is larger. */
const LARGEST_ROOT = Math.max(...LEVELS.map(({ max }) => max));

const INTROS = ['Find all roots of the equation', 'For which x does this hold?', 'Solve for x:'];

/** Made by multiplying out linear factors; the solver tries every whole number a root can be. */
export const polynomialRoots: TaskFamily = {
  name: 'polynomial-roots',
  description: 'Find the whole roots of a quadratic or a polynomial of higher degree.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { degree, max, lead } = atLevel(LEVELS, level);
    const roots = Array.from({ length: degree }, () => random.int(-max, max));
    const product = roots.reduce(
      (p, root) => mulPolynomials(p, polynomial([-root, 1])),
      polynomial([random.int(1, lead)]),
    );
    const text = [
      random.choice(INTROS),
      `${formatPolynomial(product)} = 0`,
      'All roots are whole numbers. List each once, in any order, separated by commas.',
    ];
    return { text: text.join('\n'), answer: keyOf(roots.map(String)), meta: { size: degree * 100 + max } };
  },

  score(answer, problem) {
    const given = readNumbers(answer.length > 1000 ? '' : answer.replace(/x(_\d)?\s?=/gi, ''));
    return given !== null && keyOf(given.map(formatRational)) === problem.answer ? 1 : 0;
  },

  solve({ text }) {
    const p = readPolynomial((text.split('\n')[1] ?? '').replace(/= 0$/, ''));
    if (p === null) return [];
    const candidates = Array.from({ length: 2 * LARGEST_ROOT + 1 }, (_, i) => i - LARGEST_ROOT);
    const roots = candidates.filter((x) => evaluate(p, rational(x)).num === 0n);
    return roots.length === 0 ? [] : [keyOf(roots.map(String))];
  },
};

/** The different roots in rising order. */
function keyOf(roots: readonly string[]): string {
  return [...new Set(roots)].sort((a, b) => Number(a) - Number(b)).join(', ');
}
