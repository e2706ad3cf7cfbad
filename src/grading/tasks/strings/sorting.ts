/** @file Sorting: numbers by size, words by the alphabet. The solvers sort by insertion, generators by the library. */
import type { Random } from '../../../random.ts';
import { readList, scoreText } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { equals, parseRational } from '../rational.ts';
import { WORDS } from './vocabulary.ts';

/** How many numbers, their range and decimals, of each level. */
const NUMBERS = [
  { count: 4, max: 50, min: 0, decimals: 0 },
  { count: 6, max: 100, min: -100, decimals: 0 },
  { count: 9, max: 1000, min: -1000, decimals: 0 },
  { count: 12, max: 100, min: -100, decimals: 1 },
  { count: 18, max: 100, min: -100, decimals: 2 },
] as const;

/** How many words, and whether all begin with one letter of three, of each level. */
const WORD_LISTS = [
  { count: 4, alike: false },
  { count: 6, alike: false },
  { count: 8, alike: true },
  { count: 12, alike: true },
  { count: 18, alike: true },
] as const;

/** `items` in ascending order, each put in its place among those before it. */
function inserted<T>(items: readonly T[], isLess: (a: T, b: T) => boolean): T[] {
  const sorted: T[] = [];
  for (const item of items) {
    const at = sorted.findIndex((other) => isLess(item, other));
    sorted.splice(at === -1 ? sorted.length : at, 0, item);
  }
  return sorted;
}

function differentNumbers(random: Random, { count, min, max, decimals }: (typeof NUMBERS)[number]): string[] {
  const scale = 10 ** decimals;
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(random.int(min * scale, max * scale));
  return [...drawn].map((number) => (number / scale).toFixed(decimals));
}

/** Sorting numbers, ascending or descending. */
export const numberSorting: TaskFamily = {
  name: 'number-sorting',
  description: 'Sort different numbers in ascending or descending order.',
  levels: NUMBERS.length,
  unique: true,
  generate(random, level) {
    const row = atLevel(NUMBERS, level);
    const numbers = differentNumbers(random, row);
    const order = random.choice(['ascending', 'descending']);
    const sorted = [...numbers].sort((a, b) => (order === 'ascending' ? 1 : -1) * (Number(a) - Number(b)));
    const text =
      `Sort these numbers in ${order} order: ${numbers.join(', ')}\n` +
      'Answer with the sorted numbers, separated by commas.';
    return { text, answer: sorted.join(', '), meta: { numbers, order, size: row.count } };
  },
  score(answer, problem) {
    const given = readList(answer);
    const right = readList(problem.answer);
    if (given.length !== right.length) return 0;
    const same = given.every((item, i) => {
      const value = parseRational(item);
      return value !== null && equals(value, parseRational(right[i]!)!);
    });
    return same ? 1 : 0;
  },
  solve({ meta }) {
    const sorted = inserted(meta.numbers as string[], (a, b) => Number(a) < Number(b));
    return [(meta.order === 'ascending' ? sorted : sorted.reverse()).join(', ')];
  },
};

/** Sorting words. */
export const wordSorting: TaskFamily = {
  name: 'word-sorting',
  description: 'Sort different words by the alphabet.',
  levels: WORD_LISTS.length,
  unique: true,
  generate(random, level) {
    const { count, alike } = atLevel(WORD_LISTS, level);
    const initials = random.shuffle([...'bcfhlmpstw']).slice(0, 3);
    const pool = alike ? WORDS.filter((word) => initials.includes(word[0]!)) : WORDS;
    const words = random.shuffle<string>(pool).slice(0, count);
    const text =
      `Sort these words by the alphabet: ${words.join(', ')}\n` +
      'Answer with the sorted words, separated by commas.';
    return { text, answer: [...words].sort().join(', '), meta: { words, size: words.length } };
  },
  score: (answer, problem) => scoreText(readList(answer).join(' '), readList(problem.answer).join(' ')),
  solve: ({ meta }) => [inserted(meta.words as string[], (a, b) => a < b).join(', ')],
};
