/** @file A string put through numbered steps, told in English. */
import type { Random } from '../../../random.ts';
import { scoreText } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { length: 5, steps: 1 },
  { length: 6, steps: 2 },
  { length: 8, steps: 4 },
  { length: 11, steps: 6 },
  { length: 15, steps: 10 },
];
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const LONGEST = 40;

interface Step {
  /** What is said; `N` is a number of 1..5, `L` and `K` are letters. */
  readonly wordings: readonly string[];
  readonly run: (letters: readonly string[], n: number, l: string, k: string) => readonly string[];
}

const STEPS: readonly Step[] = [
  { wordings: ['Reverse it.', 'Write it backwards.'], run: (s) => [...s].reverse() },
  {
    wordings: [
      'Move the first N letters to the end.',
      'Take N letters off the front and put them at the back, in their order.',
    ],
    run: (s, n) => [...s.slice(n % s.length), ...s.slice(0, n % s.length)],
  },
  { wordings: ['Swap the first and the last letter.'], run: (s) => [s.at(-1)!, ...s.slice(1, -1), s[0]!] },
  {
    wordings: ['Remove every vowel (a, e, i, o, u).', 'Drop the vowels a, e, i, o, u.'],
    run: (s) => s.filter((c) => !'aeiou'.includes(c)),
  },
  { wordings: ['Write every letter twice.', 'Double each letter.'], run: (s) => s.flatMap((c) => [c, c]) },
  {
    wordings: ["Replace every 'L' by 'K'.", "Wherever there is an 'L', write 'K' instead."],
    run: (s, _n, l, k) => s.map((c) => (c === l ? k : c)),
  },
  {
    wordings: ['Keep only the letters at odd places (the first, third, fifth and so on).'],
    run: (s) => s.filter((_, i) => i % 2 === 0),
  },
  {
    wordings: [
      'Replace each letter by the one N places later in the alphabet, a following z.',
      'Shift each letter N places forward in the alphabet, going round from z to a.',
    ],
    run: (s, n) => s.map((c) => ALPHABET[(ALPHABET.indexOf(c) + n) % 26]!),
  },
  {
    wordings: ["Put an 'L' in front.", "Add the letter 'L' at the beginning."],
    run: (s, _n, l) => [l, ...s],
  },
  {
    wordings: ['Sort the letters alphabetically.', 'Put the letters into alphabetical order.'],
    run: (s) => [...s].sort(),
  },
];

/** The solver reads each numbered sentence again and carries it out: the text alone determines the answer. */
export const stringManipulation: TaskFamily = {
  name: 'string-manipulation',
  description: 'Carry out steps told in English on a string of letters.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    for (;;) {
      const start = Array.from({ length: difficulty.length }, () => random.choice([...ALPHABET]));
      const { sentences, end } = drawSteps(random, start, difficulty.steps);
      if (end.join('') === start.join('')) continue;
      const lines = sentences.map((sentence, i) => `${i + 1}. ${sentence}`);
      const opening = random.choice(['Start with the string', 'Take this string:', 'Here is a string:']);
      const text = [
        `${opening} ${start.join('')}`,
        'Carry out these steps in order:',
        ...lines,
        'Answer with the resulting string alone.',
      ];
      return { text: text.join('\n'), answer: end.join(''), meta: { size: difficulty.steps } };
    }
  },

  score: (answer, problem) => scoreText(answer, problem.answer),

  solve({ text }) {
    const lines = text.split('\n');
    const start = lines[0]!.split(' ').at(-1)!;
    const sentences = lines.slice(2, -1).map((line) => line.replace(/^\d+\. /, ''));
    return [sentences.reduce<readonly string[]>(carryOut, [...start]).join('')];
  },
};

/** Steps that each change the string and leave 2 to LONGEST letters. */
function drawSteps(random: Random, start: readonly string[], count: number) {
  const sentences: string[] = [];
  let end = start;
  for (let tries = 0; sentences.length < count && tries < 1000; tries++) {
    const letter = random.chance(0.7) ? random.choice(end) : random.choice([...ALPHABET]);
    const sentence = random
      .choice(random.choice(STEPS).wordings)
      .replace(/\bN\b/, String(random.int(2, 5)))
      .replace("'L'", `'${letter}'`)
      .replace("'K'", `'${random.choice([...ALPHABET])}'`);
    const next = carryOut(end, sentence);
    if (next.length < 2 || next.length > LONGEST || next.join('') === end.join('')) continue;
    end = next;
    sentences.push(sentence);
  }
  return { sentences, end };
}

const PATTERNS = STEPS.flatMap((step) =>
  step.wordings.map((wording) => {
    const pattern = wording.replace(/[().]/g, '\\$&').replace(/\bN\b/, '(?<n>\\d+)');
    return {
      step,
      pattern: new RegExp(`^${pattern.replace("'L'", "'(?<l>[a-z])'").replace("'K'", "'(?<k>[a-z])'")}$`),
    };
  }),
);

function carryOut(letters: readonly string[], sentence: string): readonly string[] {
  for (const { step, pattern } of PATTERNS) {
    const groups = pattern.exec(sentence);
    if (groups !== null)
      return step.run(letters, Number(groups.groups?.n), groups.groups?.l ?? '', groups.groups?.k ?? '');
  }
  throw new RangeError(`no step reads: ${sentence}`);
}
