/** @file Whole numbers written in one base, asked for in another, bases 2 to 16. */
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const DIGITS = '0123456789abcdef';
const LEVELS = [
  { bases: [2, 10], max: 63 },
  { bases: [2, 8, 10, 16], max: 500 },
  { bases: [2, 3, 5, 8, 10, 16], max: 5000 },
  { bases: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16], max: 100_000 },
  { bases: [3, 5, 6, 7, 9, 11, 12, 13, 14, 15], max: 10_000_000 },
];

const QUESTIONS: readonly ((n: string, from: number, to: number) => string)[] = [
  (n, from, to) => `Convert the base-${from} number ${n} to base ${to}.`,
  (n, from, to) => `A number is written ${n} in base ${from}. How is it written in base ${to}?`,
  (n, from, to) => `In base ${from} we have the number ${n}. Give the same number in base ${to}.`,
];

/** Written by the language's own conversion; the solver sums powers of the base and divides down again. */
export const baseConversion: TaskFamily = {
  name: 'base-conversion',
  description: 'Convert a number from one base to another.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { bases, max } = atLevel(LEVELS, level);
    const [from, to] = random.shuffle(bases) as [number, number];
    const value = random.int(Math.floor(max / 20) + 17, max);
    const question = random.choice(QUESTIONS)(value.toString(from), from, to);
    const digits = to > 10 ? `the digits ${DIGITS.slice(0, to)}` : 'digits';
    return {
      text: `${question} Answer with ${digits} only, no prefix and no leading zeros.`,
      answer: value.toString(to),
      meta: { number: value.toString(from), from, to, size: max },
    };
  },

  score(answer, problem) {
    const prefix = { 2: '0b', 8: '0o', 16: '0x' }[Number(problem.meta.to)] ?? '';
    const plain = plainAnswer(answer, 200).toLowerCase();
    // A prefix is a digit and a letter that the base may not have: take it off only where it changes the reading.
    const digits = prefix !== '' && plain.startsWith(prefix) ? plain.slice(2) : plain;
    return digits === problem.answer ? 1 : 0;
  },

  solve({ meta }) {
    const from = Number(meta.from);
    const to = Number(meta.to);
    const places = [...(meta.number as string)].reverse();
    let rest = places.reduce((sum, digit, place) => sum + DIGITS.indexOf(digit) * from ** place, 0);
    let written = '';
    while (rest > 0) {
      written = DIGITS[rest % to]! + written;
      rest = Math.floor(rest / to);
    }
    return [written];
  },
};
