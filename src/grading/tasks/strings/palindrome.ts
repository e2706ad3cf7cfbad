/** @file Letters to be put into an order that reads the same both ways. Mostly there are many; any one is right. */
import { normalText } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [4, 6, 9, 14, 21];
const QUESTIONS = [
  'Arrange all of these letters into a palindrome:',
  'Make a string that reads the same forwards and backwards, using exactly these letters:',
  'Put these letters, each as often as it is listed, into an order that is the same in both directions:',
];

/** Made by mirroring a half; the solver pairs equal letters up, in rising and in falling order. */
export const palindrome: TaskFamily = {
  name: 'palindrome',
  description: 'Arrange letters into a palindrome.',
  levels: LEVELS.length,
  unique: false,

  generate(random, level) {
    const length = atLevel(LEVELS, level);
    const half = Array.from({ length: Math.floor(length / 2) }, () =>
      random.choice([...'abcdefghijklmnopqrstuvwxyz']),
    );
    const middle = length % 2 === 1 ? [random.choice([...'abcdefghijklmnopqrstuvwxyz'])] : [];
    const letters = [...half, ...middle, ...half.toReversed()];
    const text = `${random.choice(QUESTIONS)}\n${random.shuffle(letters).join(', ')}\nIt need not be a word. Answer with the letters joined to one string.`;
    return { text, answer: letters.join(''), meta: { size: length } };
  },

  score(answer, problem) {
    const given = normalText(answer);
    const isMirrored = given === [...given].reverse().join('');
    return isMirrored && sorted(given) === sorted(problem.answer) ? 1 : 0;
  },

  solve({ text }) {
    const letters = (text.split('\n')[1] ?? '').split(', ').sort();
    const odd = [...new Set(letters)].filter(
      (letter) => letters.filter((other) => other === letter).length % 2 === 1,
    );
    const middle = odd.join('');
    if (middle.length > 1) return [];
    const rest = letters.join('').replace(middle, '');
    const half = [...rest].filter((_, i) => i % 2 === 0);
    const mirrored = [half, half.toReversed()].map(
      (side) => side.join('') + middle + side.toReversed().join(''),
    );
    return [...new Set(mirrored)];
  },
};

function sorted(text: string): string {
  return [...text].sort().join('');
}
