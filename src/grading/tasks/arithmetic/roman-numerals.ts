/** @file Roman numerals from 1 to 3999 in the usual subtractive form: read, written and added. */
import { plainAnswer, scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { max: 60, terms: 1 },
  { max: 900, terms: 1 },
  { max: 3999, terms: 1 },
  { max: 3999, terms: 2 },
  { max: 3999, terms: 5 },
];
// biome-ignore format: table
const SIGNS: readonly (readonly [sign: string, value: number])[] = [
  ['M', 1000], ['CM', 900], ['D', 500], ['CD', 400], ['C', 100], ['XC', 90], ['L', 50], ['XL', 40], ['X', 10],
  ['IX', 9], ['V', 5], ['IV', 4], ['I', 1],
];

/** Written greedily by the largest sign; the solver reads and writes digit by digit from a table of each place. */
export const romanNumerals: TaskFamily = {
  name: 'roman-numerals',
  description: 'Read, write and add Roman numerals.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { max, terms } = atLevel(LEVELS, level);
    const sum = random.int(Math.max(terms, Math.ceil(max / 10)), max);
    const cuts = random
      .shuffle(Array.from({ length: sum - 1 }, (_, i) => i + 1))
      .slice(0, terms - 1)
      .sort((a, b) => a - b);
    const parts = [...cuts, sum].map((cut, i) => cut - (cuts[i - 1] ?? 0));
    const toRoman = random.chance(0.5);
    const [shown, answer] = toRoman ? [parts.map(String), write(sum)] : [parts.map(write), String(sum)];
    const what = shown.join(' + ');
    const question = toRoman
      ? random.choice([`Write ${what} as a Roman numeral.`, `What is ${what} in Roman numerals?`])
      : random.choice([`What number is ${what}?`, `The Roman numerals ${what} stand for which number?`]);
    const format = toRoman
      ? 'Answer with one Roman numeral in its usual, shortest form.'
      : 'Answer with a whole number in digits.';
    return { text: `${question} ${format}`, answer, meta: { shown: what, toRoman, size: max * terms } };
  },

  score(answer, problem) {
    if (problem.meta.toRoman !== true) return scoreNumber(answer, problem.answer);
    return plainAnswer(answer, 100).toUpperCase() === problem.answer ? 1 : 0;
  },

  solve({ meta }) {
    const terms = (meta.shown as string).split(' + ');
    const values = terms.map((term) => (meta.toRoman === true ? Number(term) : NUMERALS.indexOf(term)));
    const sum = values.reduce((total, n) => total + n, 0);
    return [meta.toRoman === true ? NUMERALS[sum]! : String(sum)];
  },
};

function write(n: number): string {
  let rest = n;
  let numeral = '';
  for (const [sign, value] of SIGNS) {
    for (; rest >= value; rest -= value) numeral += sign;
  }
  return numeral;
}

/** Digits 0..9 of a place whose signs for one, five and ten are i, v and x. */
const DIGITS = ['', 'i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix'];
const PLACES = ['M__', 'CDM', 'XLC', 'IVX'];

/** The numeral of each number up to 3999 at its index. */
const NUMERALS = Array.from({ length: 4000 }, (_, n) =>
  [...String(n).padStart(4, '0')]
    .map((digit, i) =>
      DIGITS[Number(digit)]!.replace(/[ivx]/g, (sign) => PLACES[i]!.charAt('ivx'.indexOf(sign))),
    )
    .join(''),
);
