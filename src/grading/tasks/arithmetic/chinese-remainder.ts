/** @file The smallest number with given remainders modulo numbers without common divisors (Sunzi's problem). */
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { gcdBig } from '../rational.ts';

const LEVELS = [
  { moduli: 2, max: 8 },
  { moduli: 2, max: 20 },
  { moduli: 3, max: 15 },
  { moduli: 4, max: 15 },
  { moduli: 5, max: 17 },
];

const INTROS = [
  'A basket holds a number of eggs.',
  'A general counts his soldiers by lining them up in rows.',
  'I am thinking of a whole number.',
  'A bead string has a certain number of beads.',
];

/** A number is drawn and its remainders told; the solver sieves, one modulus after the other. */
export const chineseRemainder: TaskFamily = {
  name: 'chinese-remainder',
  description: 'Find the smallest number with given remainders.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { moduli, max } = atLevel(LEVELS, level);
    const chosen: number[] = [];
    while (chosen.length < moduli) {
      const m = random.int(3, max);
      if (chosen.every((other) => gcdBig(BigInt(m), BigInt(other)) === 1n)) chosen.push(m);
    }
    const product = chosen.reduce((p, m) => p * m, 1);
    const n = random.int(Math.max(...chosen), product - 1);
    const facts = chosen.map((m) => `divided by ${m} it leaves the remainder ${n % m}`);
    const list = `${facts.slice(0, -1).join(', ')} and ${facts.at(-1)}`;
    const text = `${random.choice(INTROS)} The number has these properties: ${list}. What is the smallest number, 0 or larger, for which all this is true? Answer with a whole number.`;
    return { text, answer: String(n), meta: { size: product } };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer, ['eggs', 'soldiers', 'beads']),

  solve({ text }) {
    const facts = [...text.matchAll(/divided by (\d+) it leaves the remainder (\d+)/g)];
    let n = 0;
    let step = 1;
    for (const [, modulus, remainder] of facts) {
      while (n % Number(modulus) !== Number(remainder)) n += step;
      step *= Number(modulus);
    }
    return [String(n)];
  },
};
