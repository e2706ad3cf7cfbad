/** @file Strings to be sorted into groups of anagrams: same letters, each as often. */
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { WORDS } from './vocabulary.ts';

const LEVELS = [
  { groups: 2, size: 2 },
  { groups: 3, size: 3 },
  { groups: 5, size: 3 },
  { groups: 7, size: 4 },
  { groups: 10, size: 5 },
];
const QUESTIONS = [
  'Group these strings so that the members of a group are anagrams of each other:',
  'Two strings belong together when they have the same letters, each equally often. Sort these into groups:',
  'Which of these strings are rearrangements of each other? Collect them in groups:',
];

/** Made by scrambling words of different letters; the solver compares pairs by striking letters out. */
export const groupAnagrams: TaskFamily = {
  name: 'group-anagrams',
  description: 'Sort strings into groups of anagrams.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { groups, size } = atLevel(LEVELS, level);
    const candidates = random.shuffle(WORDS.filter((word) => word.length >= 5));
    const words = candidates
      .filter((word, i) => !candidates.slice(0, i).some((other) => areAnagrams(other, word)))
      .slice(0, groups);
    const members = words.map((word) => {
      const scrambled = new Set<string>();
      const count = random.int(1, size);
      while (scrambled.size < count) scrambled.add(random.shuffle([...word]).join(''));
      return [...scrambled];
    });
    const text = [
      random.choice(QUESTIONS),
      random.shuffle(members.flat()).join(' '),
      'Answer with one group after the other, separated by semicolons, the strings of a group by commas, as in: abc, cab; xyz. A string without partner is a group of its own. The order does not matter.',
    ];
    return { text: text.join('\n'), answer: keyOf(members), meta: { size: groups * size } };
  },

  score(answer, problem) {
    const given = plainAnswer(answer)
      .toLowerCase()
      .replace(/\band\b/g, ',')
      .split(/[;\n]/)
      .map((group) => group.split(/[\s,[\]{}()]/).filter((word) => word !== ''))
      .filter((group) => group.length > 0);
    return keyOf(given) === problem.answer ? 1 : 0;
  },

  solve({ text }) {
    const groups: string[][] = [];
    for (const word of (text.split('\n')[1] ?? '').split(' ')) {
      const group = groups.find(([first]) => areAnagrams(first!, word));
      if (group === undefined) groups.push([word]);
      else group.push(word);
    }
    return [keyOf(groups)];
  },
};

function keyOf(groups: readonly (readonly string[])[]): string {
  return groups
    .map((group) => [...group].sort().join(', '))
    .sort()
    .join('; ');
}

function areAnagrams(a: string, b: string): boolean {
  const rest = [...b].reduce((left, letter) => left.replace(letter, ''), a);
  return rest === '' && a.length === b.length;
}
