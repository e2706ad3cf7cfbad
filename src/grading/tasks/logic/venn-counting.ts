/** @file Counting in Venn diagrams: how many belong to none, to exactly one, to at least one of two to four groups that overlap. */
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { groups: 2, max: 9, asks: 1 },
  { groups: 2, max: 30, asks: 3 },
  { groups: 3, max: 20, asks: 3 },
  { groups: 3, max: 90, asks: 3 },
  { groups: 4, max: 90, asks: 3 },
];
const THEMES = [
  { people: 'students', groups: ['take mathematics', 'take music', 'take chess', 'take art'] },
  { people: 'travellers', groups: ['speak Spanish', 'speak Arabic', 'speak Hindi', 'speak French'] },
  { people: 'households', groups: ['have a cat', 'have a dog', 'have a bird', 'have a rabbit'] },
] as const;
const ASKS = ['none of these', 'exactly one of these', 'at least one of these'];

/** Regions are drawn and summed to what the text tells; the solver takes inclusion and exclusion over what is told. */
export const vennCounting: TaskFamily = {
  name: 'venn-counting',
  description: 'Count members of overlapping groups.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    const theme = random.choice(THEMES);
    const names = random.shuffle(theme.groups).slice(0, difficulty.groups);
    // Region r holds those in just the groups whose bits r has.
    const regions = Array.from({ length: 2 ** difficulty.groups }, () => random.int(1, difficulty.max));
    const total = regions.reduce((sum, n) => sum + n, 0);
    const facts = regions.slice(1).map((_, i) => {
      const subset = i + 1;
      const inside = regions
        .filter((_n, region) => (region & subset) === subset)
        .reduce((sum, n) => sum + n, 0);
      const list = names.filter((_n, bit) => subset & (1 << bit));
      return `${inside} ${list.join(' and ')}`;
    });
    const ask = random.int(0, difficulty.asks - 1);
    const single = regions.filter((_, region) => bits(region) === 1).reduce((sum, n) => sum + n, 0);
    const answer = [regions[0]!, single, total - regions[0]!][ask]!;
    const question = random.choice([
      `How many ${theme.people} do ${ASKS[ask]}?`,
      `What is the number of ${theme.people} who do ${ASKS[ask]}?`,
    ]);
    const opening = random.choice([
      `Of ${total} ${theme.people},`,
      `There are ${total} ${theme.people}. Among them`,
    ]);
    const text = `${opening} ${random.shuffle(facts).join('; ')}. Each count includes those who do more besides. ${question} Answer with a whole number.`;
    return { text, answer: String(answer), meta: { ask, size: total } };
  },

  score: (answer, problem) =>
    scoreNumber(
      answer,
      problem.answer,
      THEMES.map(({ people }) => people),
    ),

  solve({ text, meta }) {
    const total = Number(/\d+/.exec(text)?.[0]);
    const story = /(?:,|Among them) (.*)\. Each count/.exec(text)?.[1] ?? '';
    const sums = [0, 0, 0, 0, 0];
    for (const fact of story.split('; ')) sums[fact.split(' and ').length]! += Number.parseInt(fact, 10);
    const [, s1 = 0, s2 = 0, s3 = 0, s4 = 0] = sums;
    const atLeastOne = s1 - s2 + s3 - s4;
    const exactlyOne = s1 - 2 * s2 + 3 * s3 - 4 * s4;
    return [String([total - atLeastOne, exactlyOne, atLeastOne][Number(meta.ask)])];
  },
};

function bits(n: number): number {
  return n === 0 ? 0 : (n & 1) + bits(n >> 1);
}
