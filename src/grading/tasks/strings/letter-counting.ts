/** @file Count of some letters in a row of words. */
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { WORDS } from './vocabulary.ts';

const LEVELS = [
  { words: 1, letters: 1 },
  { words: 4, letters: 1 },
  { words: 10, letters: 1 },
  { words: 18, letters: 2 },
  { words: 30, letters: 3 },
];

const QUESTIONS: readonly ((letters: string, words: string) => string)[] = [
  (letters, words) => `How many times does ${letters} occur in "${words}"?`,
  (letters, words) => `Count how often ${letters} stands in the text "${words}".`,
  (letters, words) => `In "${words}", how many letters are ${letters}?`,
];

/** Counted letter by letter; the solver splits the quoted text at the letters. */
export const letterCounting: TaskFamily = {
  name: 'letter-counting',
  description: 'Count how often given letters occur in a row of words.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    const words = random.shuffle(WORDS).slice(0, difficulty.words).join(' ');
    const present = [...new Set(words.replaceAll(' ', ''))];
    const letters = random
      .shuffle(random.chance(0.1) ? [...'abcdefghijklmnopqrstuvwxyz'] : present)
      .slice(0, difficulty.letters);
    const count = [...words].filter((letter) => letters.includes(letter)).length;
    const quoted = letters.map((letter) => `'${letter}'`).join(' or ');
    const text = `${random.choice(QUESTIONS)(quoted, words)} Answer with a whole number.`;
    return { text, answer: String(count), meta: { letters, size: words.length } };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer, ['times', 'time']),

  solve({ text, meta }) {
    const words = text.split('"')[1] ?? '';
    const pieces = (meta.letters as readonly string[]).map((letter) => words.split(letter).length - 1);
    return [String(pieces.reduce((sum, count) => sum + count, 0))];
  },
};
