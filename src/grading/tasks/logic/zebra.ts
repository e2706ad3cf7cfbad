/**
 * @file Zebra puzzles (Einstein's riddle): who lives where with what, from clues.
 *
 * Houses in a row, attributes with one value a house each. Clues true of a random street are collected until the
 * solver finds no second street, then those not needed are left out.
 */
import type { Random } from '../../../random.ts';
import { readList } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { Problem, TaskFamily } from '../family.ts';
import { drawPeople } from '../people.ts';
import { type Clue, type Street, streets, type Value } from './zebra-solver.ts';

const ATTRIBUTES = [
  { name: 'colour', values: ['red', 'green', 'blue', 'yellow', 'white', 'black'], is: 'the house is' },
  { name: 'pet', values: ['cat', 'dog', 'fish', 'horse', 'zebra', 'parrot'], is: 'the pet is the' },
  { name: 'drink', values: ['tea', 'coffee', 'milk', 'juice', 'water', 'cocoa'], is: 'the drink is' },
  { name: 'game', values: ['chess', 'tennis', 'poker', 'rugby', 'golf', 'hockey'], is: 'the game is' },
] as const;

/** Houses and attributes (the names of the people are the first) of each level. */
const LEVELS = [
  { houses: 3, attributes: 2 },
  { houses: 3, attributes: 3 },
  { houses: 4, attributes: 3 },
  { houses: 4, attributes: 4 },
  { houses: 5, attributes: 4 },
] as const;

/** All clues true of a street, of which `at` gives much away and comes up less. */
function trueClues(street: Street, random: Random): Clue[] {
  const values = street.flatMap((order, attribute) => order.map((_, value): Value => [attribute, value]));
  const houseOf = ([attribute, value]: Value) => street[attribute]![value]!;
  const clues: Clue[] = [];
  for (const a of values) {
    if (random.chance(0.3)) clues.push({ kind: 'at', a, house: houseOf(a) });
    for (const b of values) {
      if (a === b) continue;
      const step = houseOf(b) - houseOf(a);
      if (step === 0 && a[0] < b[0]) clues.push({ kind: 'same', a, b });
      if (step === 1) clues.push({ kind: 'left', a, b });
      if (step === 1)
        clues.push(random.chance(0.5) ? { kind: 'beside', a, b } : { kind: 'beside', a: b, b: a });
    }
  }
  return random.shuffle(clues);
}

/** Clues of which none can be left out without admitting a second street. */
function neededClues(houses: number, street: Street, random: Random): Clue[] {
  const unique = (clues: readonly Clue[]) => streets(houses, street.length, clues, 2).length === 1;
  const pool = trueClues(street, random);
  let count = houses * street.length;
  while (count < pool.length && !unique(pool.slice(0, count))) count++;
  const enough = pool.slice(0, count);
  let clues = enough;
  for (const clue of enough) {
    const without = clues.filter((other) => other !== clue);
    if (unique(without)) clues = without;
  }
  return clues;
}

function inWords(clue: Clue, names: readonly string[], values: readonly (readonly string[])[]): string {
  const phrase = ([attribute, value]: Value) => {
    const word = values[attribute]![value]!;
    return attribute === 0
      ? `${word} lives`
      : `${ATTRIBUTES.find(({ name }) => name === names[attribute])!.is} ${word}`;
  };
  if (clue.kind === 'at') return `House ${clue.house + 1} is the one where ${phrase(clue.a)}.`;
  if (clue.kind === 'same') return `In the house where ${phrase(clue.a)}, ${phrase(clue.b)}.`;
  const where =
    clue.kind === 'left'
      ? 'The house directly to the left of the one where'
      : 'A house next to the one where';
  return `${where} ${phrase(clue.b)} is the one where ${phrase(clue.a)}.`;
}

/** The values of one attribute from the first house to the last. */
function listOf(street: Street, attribute: number, values: readonly (readonly string[])[]): string {
  const order = street[attribute]!;
  return order.map((_, house) => values[attribute]![order.indexOf(house)]).join(', ');
}

interface Meta {
  readonly houses: number;
  readonly values: string[][];
  readonly clues: Clue[];
  readonly asked: number;
}

/** Zebra puzzles. */
export const zebra: TaskFamily = {
  name: 'zebra',
  description: 'Find who lives where with what from clues about houses in a row.',
  levels: LEVELS.length,
  unique: true,
  generate(random, level) {
    const { houses, attributes } = atLevel(LEVELS, level);
    const chosen = random.shuffle(ATTRIBUTES).slice(0, attributes - 1);
    const names = ['name', ...chosen.map(({ name }) => name)];
    const values = [
      drawPeople(random, houses),
      ...chosen.map((attribute) => random.shuffle<string>(attribute.values).slice(0, houses)),
    ];
    const street = names.map(() => random.shuffle(Array.from({ length: houses }, (_, i) => i)));
    const clues = neededClues(houses, street, random);
    const asked = random.int(0, attributes - 1);
    const text =
      `${houses} houses stand in a row, numbered 1 to ${houses} from left to right. In each lives one person, and no ` +
      'two share a value of these:\n' +
      names.map((name, i) => `${name}: ${[...values[i]!].sort().join(' / ')}`).join('\n') +
      `\nClues:\n${clues.map((clue, i) => `${i + 1}. ${inWords(clue, names, values)}`).join('\n')}\n` +
      `Answer with the ${names[asked]}s of houses 1 to ${houses}, in this order, ` +
      'separated by commas.';
    return {
      text,
      answer: listOf(street, asked, values),
      meta: { houses, values, clues, asked, size: houses * attributes },
    };
  },
  score(answer, problem) {
    const given = readList(answer).map((word) => word.toLowerCase());
    const right = readList(problem.answer).map((word) => word.toLowerCase());
    return given.length === right.length && given.every((word, i) => word === right[i]) ? 1 : 0;
  },
  solve({ meta }: Problem) {
    const { houses, values, clues, asked } = meta as unknown as Meta;
    return streets(houses, values.length, clues, 2).map((street) => listOf(street, asked, values));
  },
};
