/** @file Converting along a chain of units. The text states each relation, so invented units are as good as real ones. */
import type { Random } from '../../../random.ts';
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { div, formatRational, mul, type Rational, rational } from '../rational.ts';

/** Units from large to small, each with how many of the next make one of it. */
// biome-ignore format: table
const SYSTEMS: readonly (readonly (readonly [unit: string, next: number])[])[] = [
  [['week', 7], ['day', 24], ['hour', 60], ['minute', 60], ['second', 1000], ['millisecond', 1]],
  [['kilometre', 1000], ['metre', 10], ['decimetre', 10], ['centimetre', 10], ['millimetre', 1]],
  [['mile', 8], ['furlong', 10], ['chain', 22], ['yard', 3], ['foot', 12], ['inch', 1]],
  [['tonne', 1000], ['kilogram', 1000], ['gram', 1000], ['milligram', 1]],
  [['gallon', 4], ['quart', 2], ['pint', 2], ['cup', 16], ['tablespoon', 3], ['teaspoon', 1]],
];
const INVENTED = ['blick', 'zort', 'quam', 'fennel', 'drub', 'plonk', 'wisp', 'glorp', 'tarn', 'vok'];

const LEVELS = [
  { links: 1, max: 12, invented: 0 },
  { links: 2, max: 20, invented: 0.2 },
  { links: 3, max: 40, invented: 0.4 },
  { links: 5, max: 60, invented: 1 },
  { links: 8, max: 90, invented: 1 },
];

/** Multiplied or divided along the chain; the solver reads the relations and searches a way from unit to unit. */
export const unitConversion: TaskFamily = {
  name: 'unit-conversion',
  description: 'Convert an amount along a chain of stated relations between units.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { links, max, invented } = atLevel(LEVELS, level);
    const chain = random.chance(invented) ? inventChain(random, links) : cutChain(random, links);
    const facts = chain.slice(0, -1).map(([unit, factor], i) => `1 ${unit} = ${factor} ${chain[i + 1]![0]}`);
    const product = chain.slice(0, -1).reduce((total, [, factor]) => total * factor, 1);
    const [large, small] = [chain[0]![0], chain.at(-1)![0]];
    const amount = random.int(2, max);
    const isDown = random.chance(0.6);
    // Up the chain, half of the amounts come out as fractions.
    const given = isDown ? amount : random.chance(0.5) ? amount * product : amount * chain[0]![1];
    const answer = isDown ? rational(amount * product) : rational(given, product);
    const [from, to] = isDown ? [large, small] : [small, large];
    const question = random.choice([
      `how many ${to} are ${given} ${from}?`,
      `express ${given} ${from} in ${to}.`,
      `what is ${given} ${from}, measured in ${to}?`,
    ]);
    const text = `Units are written in the singular. Given that ${random.shuffle(facts).join(', ')}: ${question} Answer with a whole number or a fraction such as 7/3.`;
    return {
      text,
      answer: formatRational(answer),
      meta: { from, to, amount: given, size: links * 100 + max },
    };
  },

  score(answer, problem) {
    const unit = problem.meta.to as string;
    return scoreNumber(answer, problem.answer, [`${unit}s`, unit]);
  },

  solve({ text, meta }) {
    const facts = [...text.matchAll(/1 ([a-z]+) = (\d+) ([a-z]+)/g)].map(
      ([, large = '', factor, small = '']) => ({ large, small, factor: rational(Number(factor)) }),
    );
    const known = new Map<string, Rational>([[meta.from as string, rational(Number(meta.amount))]]);
    for (const [unit, value] of known) {
      for (const { large, small, factor } of facts) {
        if (large === unit && !known.has(small)) known.set(small, mul(value, factor));
        if (small === unit && !known.has(large)) known.set(large, div(value, factor));
      }
    }
    const value = known.get(meta.to as string);
    return value === undefined ? [] : [formatRational(value)];
  },
};

type Chain = (readonly [unit: string, next: number])[];

function cutChain(random: Random, links: number): Chain {
  const system = random.choice(SYSTEMS.filter((units) => units.length > links));
  const start = random.int(0, system.length - links - 1);
  return system.slice(start, start + links + 1);
}

function inventChain(random: Random, links: number): Chain {
  return random
    .shuffle(INVENTED)
    .slice(0, links + 1)
    .map((unit) => [unit, random.int(2, 12)] as const);
}
