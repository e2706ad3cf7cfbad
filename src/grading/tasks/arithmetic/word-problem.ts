/**
 * @file Stories in which a number of things changes step by step, in the manner of grade-school word problems (GSM8K):
 * how many at the end, what they bring in money, or, told backwards, how many at the start.
 */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { MEN, WOMEN } from '../people.ts';

const LEVELS = [
  { steps: 1, max: 10, kinds: 2, backwards: 0 },
  { steps: 2, max: 20, kinds: 4, backwards: 0 },
  { steps: 3, max: 30, kinds: 6, backwards: 0.3 },
  { steps: 5, max: 60, kinds: 6, backwards: 0.4 },
  { steps: 8, max: 90, kinds: 6, backwards: 0.5 },
];
const MAX_THINGS = 5000;
const THINGS = ['apples', 'marbles', 'stickers', 'stamps', 'shells', 'beads', 'nuts', 'postcards'];

/** A step of the story: `WHO`, `PAL` and `THINGS` are filled in, `N` and `M` are its numbers. */
interface Step {
  readonly wordings: readonly string[];
  /** How many there are after it; not a whole number ≥ 0 where the step cannot happen. */
  readonly apply: (things: number, n: number, m: number) => number;
  /** Largest N; M is at most 9. */
  readonly max?: number;
}

const STEPS: readonly Step[] = [
  {
    wordings: ['WHO buys N more THINGS.', 'PAL gives WHO N THINGS.', 'Then WHO finds N THINGS in a drawer.'],
    apply: (things, n) => things + n,
  },
  {
    wordings: [
      'WHO gives N THINGS to PAL.',
      'On the way home WHO loses N THINGS.',
      'WHO sells N of the THINGS.',
    ],
    apply: (things, n) => things - n,
  },
  {
    wordings: ['WHO buys N boxes with M THINGS in each.', 'N friends come, and each brings WHO M THINGS.'],
    apply: (things, n, m) => things + n * m,
    max: 9,
  },
  {
    wordings: [
      'WHO hands M THINGS to each of N children.',
      'WHO fills N bags with M THINGS each and gives the bags away.',
    ],
    apply: (things, n, m) => things - n * m,
    max: 9,
  },
  {
    wordings: [
      'By trading, WHO gets to have N times as many THINGS as before.',
      'A lucky week multiplies what WHO has by N.',
    ],
    apply: (things, n) => (n < 2 ? Number.NaN : things * n),
    max: 4,
  },
  {
    wordings: [
      'WHO shares all the THINGS out equally among N people, one of them WHO, and keeps that one share.',
      'Of every N THINGS, WHO keeps one and throws out the rest; none are left over.',
    ],
    apply: (things, n) => (n < 2 ? Number.NaN : things / n),
    max: 5,
  },
];

/** The story runs forwards from a drawn start; the solver reads its sentences, and backwards tries every start. */
export const wordProblem: TaskFamily = {
  name: 'word-problem',
  description: 'Solve a story about a number of things that changes step by step.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { steps, max, kinds, backwards } = atLevel(LEVELS, level);
    const [who, pal] = random.shuffle([...WOMEN, ...MEN]) as [string, string];
    const things = random.choice(THINGS);
    const start = random.int(2, max);
    const { sentences, end } = tell(random, start, { steps, max, kinds });
    const fill = (sentence: string) =>
      sentence.replaceAll('WHO', who).replaceAll('PAL', pal).replaceAll('THINGS', things);
    const frame = random.chance(backwards) ? askStart(random, start, end) : askEnd(random, start, end);
    const story = [frame.opening, ...sentences, ...frame.question].map(fill).join(' ');
    const text = `${story} Answer with a whole number.`;
    return { text, answer: String(frame.answer), meta: { size: steps } };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer, [...THINGS, 'dollars']),

  solve({ text }) {
    const steps = text.split(/(?<=[.?]) (?=[A-Z0-9])/).map(readSentence);
    const numbers = (pattern: RegExp) => pattern.exec(text)?.slice(1).map(Number);
    const run = (start: number) => steps.reduce((things, step) => step(things), start);
    const start = numbers(/has (\d+) \w+ (?:at first|to begin with)\./)?.[0];
    if (start !== undefined) return [String(run(start) * (numbers(/for (\d+) dollars each/)?.[0] ?? 1))];
    const end = numbers(/In the end \w+ has (\d+) /)?.[0];
    const starts = Array.from({ length: MAX_THINGS + 1 }, (_, i) => i);
    return starts.filter((candidate) => run(candidate) === end).map(String);
  },
};

function tell(random: Random, start: number, difficulty: { steps: number; max: number; kinds: number }) {
  const sentences: string[] = [];
  let things = start;
  while (sentences.length < difficulty.steps) {
    const step = random.choice(STEPS.slice(0, difficulty.kinds));
    const n = random.int(2, step.max ?? difficulty.max);
    const m = random.int(2, 9);
    const after = step.apply(things, n, m);
    if (!Number.isInteger(after) || after < 1 || after > MAX_THINGS) continue;
    things = after;
    sentences.push(random.choice(step.wordings).replace(/\bN\b/g, String(n)).replace(/\bM\b/g, String(m)));
  }
  return { sentences, end: things };
}

function askEnd(random: Random, start: number, end: number) {
  const opening = random.choice([
    `WHO has ${start} THINGS at first.`,
    `WHO has ${start} THINGS to begin with.`,
  ]);
  if (random.chance(0.7)) return { opening, question: ['How many THINGS does WHO have now?'], answer: end };
  const price = random.int(2, 12);
  const question = [
    `WHO then sells everything for ${price} dollars each.`,
    'How many dollars does that bring?',
  ];
  return { opening, question, answer: end * price };
}

function askStart(random: Random, start: number, end: number) {
  const opening = random.choice(['WHO has some THINGS.', 'There are some THINGS in the pocket of WHO.']);
  return {
    opening,
    question: [`In the end WHO has ${end} THINGS.`, 'How many were there at the start?'],
    answer: start,
  };
}

/** Wordings as patterns, with the names of their numbers in the order in which they stand. */
const PATTERNS = STEPS.flatMap((step) =>
  step.wordings.map((wording) => ({
    step,
    pattern: new RegExp(`^${wording.replace(/WHO|PAL|THINGS/g, '\\w+').replace(/\b[NM]\b/g, '(\\d+)')}$`),
    isReversed: wording.search(/\bM\b/) >= 0 && wording.search(/\bM\b/) < wording.search(/\bN\b/),
  })),
);

/** What a sentence makes of the number of things: nothing new where it tells of no step. */
function readSentence(sentence: string): (things: number) => number {
  for (const { step, pattern, isReversed } of PATTERNS) {
    const match = pattern.exec(sentence);
    if (match === null) continue;
    const [a = 0, b = 0] = match.slice(1).map(Number);
    return (things) => (isReversed ? step.apply(things, b, a) : step.apply(things, a, b));
  }
  return (things) => things;
}
