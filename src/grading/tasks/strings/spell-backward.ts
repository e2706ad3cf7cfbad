/** @file Words spelt backwards, the whole row from its last letter to its first. */
import { scoreText } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { WORDS } from './vocabulary.ts';

const LEVELS = [1, 2, 4, 7, 12];
const QUESTIONS = [
  'Spell this backwards, from the last letter to the first:',
  'Write the following in reverse, letter by letter:',
  'Reverse the order of all characters in this line:',
];

/** Reversed as an array; the solver builds the line letter by letter from its end. */
export const spellBackward: TaskFamily = {
  name: 'spell-backward',
  description: 'Spell a row of words backwards.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const words = random.shuffle(WORDS).slice(0, atLevel(LEVELS, level)).join(' ');
    const text = `${random.choice(QUESTIONS)}\n${words}\nAnswer with the reversed line alone; spaces stay single spaces.`;
    return { text, answer: [...words].reverse().join(''), meta: { size: words.length } };
  },

  score: (answer, problem) => scoreText(answer, problem.answer),

  solve({ text }) {
    const line = text.split('\n')[1] ?? '';
    let backwards = '';
    for (let i = line.length - 1; i >= 0; i--) backwards += line.charAt(i);
    return [backwards];
  },
};
