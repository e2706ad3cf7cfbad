/**
 * @file Family relations: what one person is to another, from statements about parents and children.
 *
 * The generator grows a family tree and reads the relation from the places of both in it; the solver climbs from both
 * to their nearest common ancestor through the statements. Blood relations only; everyone has one parent named.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { MEN, WOMEN } from '../people.ts';
import { readWord } from '../read.ts';

/** Relations by the steps up from the one asked about to the common ancestor, and down to the other: woman, man. */
const WORDS: { readonly [steps: string]: readonly [woman: string, man: string] } = {
  '0,1': ['mother', 'father'],
  '1,0': ['daughter', 'son'],
  '1,1': ['sister', 'brother'],
  '0,2': ['grandmother', 'grandfather'],
  '2,0': ['granddaughter', 'grandson'],
  '1,2': ['aunt', 'uncle'],
  '2,1': ['niece', 'nephew'],
  '2,2': ['cousin', 'cousin'],
  '0,3': ['great-grandmother', 'great-grandfather'],
  '3,0': ['great-granddaughter', 'great-grandson'],
  '1,3': ['great-aunt', 'great-uncle'],
};

/** People in the family, and relations asked for (as in WORDS), of each level. */
const LEVELS = [
  { people: 4, asked: ['0,1', '1,0', '1,1', '0,2', '2,0'] },
  { people: 6, asked: ['1,1', '0,2', '2,0', '1,2', '2,1'] },
  { people: 9, asked: ['1,2', '2,1', '2,2', '0,3', '3,0'] },
  { people: 13, asked: ['2,2', '1,2', '2,1', '1,3', '0,3', '3,0'] },
  { people: 18, asked: ['2,2', '2,1', '1,3', '0,3', '3,0'] },
] as const;

interface Person {
  readonly name: string;
  readonly woman: boolean;
  readonly parent: number;
}

/** A tree of at most four generations: everyone but the first is the child of someone before. */
function randomFamily(count: number, random: Random): Person[] {
  const women = random.shuffle(WOMEN);
  const men = random.shuffle(MEN);
  const depths = [0];
  return Array.from({ length: count }, (_, i) => {
    const woman = random.chance(0.5);
    let parent = -1;
    if (i > 0) {
      parent = random.choice(depths.flatMap((depth, older) => (depth < 3 ? [older] : [])));
      depths.push(depths[parent]! + 1);
    }
    return { name: (woman ? women : men)[i]!, woman, parent };
  });
}

/** Everyone from `person` up to the first ancestor. */
function line(people: readonly Person[], person: number): number[] {
  const ancestors = [person];
  for (let at = people[person]!.parent; at !== -1; at = people[at]!.parent) ancestors.push(at);
  return ancestors;
}

function stepsBetween(people: readonly Person[], from: number, to: number): string {
  const [up, down] = [line(people, from), line(people, to)];
  const common = up.find((ancestor) => down.includes(ancestor))!;
  return `${up.indexOf(common)},${down.indexOf(common)}`;
}

/** A statement: `parent` is the mother or father of `child`, who is a daughter or a son. */
interface Fact {
  readonly parent: string;
  readonly parentIsWoman: boolean;
  readonly child: string;
  readonly childIsWoman: boolean;
  /** Said from the child's side: "child is the daughter of parent". */
  readonly fromChild: boolean;
}

function inWords({ parent, parentIsWoman, child, childIsWoman, fromChild }: Fact): string {
  if (fromChild) return `${child} is the ${childIsWoman ? 'daughter' : 'son'} of ${parent}.`;
  return `${parent} is the ${parentIsWoman ? 'mother' : 'father'} of ${child}.`;
}

/** The relation of `a` to `b` from the statements alone, or null where they do not say. */
function derived(facts: readonly Fact[], a: string, b: string): string | null {
  const climb = (person: string): string[] => {
    const fact = facts.find(({ child }) => child === person);
    return fact === undefined ? [person] : [person, ...climb(fact.parent)];
  };
  const [up, down] = [climb(a), climb(b)];
  const common = up.find((ancestor) => down.includes(ancestor));
  const fact = facts.find(({ parent, child, fromChild }) => (fromChild ? child : parent) === a);
  if (common === undefined || fact === undefined) return null;
  const woman = fact.fromChild ? fact.childIsWoman : fact.parentIsWoman;
  return WORDS[`${up.indexOf(common)},${down.indexOf(common)}`]?.[woman ? 0 : 1] ?? null;
}

/** Family relations. */
export const familyRelations: TaskFamily = {
  name: 'family-relations',
  description: 'Name the relation between two people of a family tree told in statements.',
  levels: LEVELS.length,
  unique: true,
  generate(random, level) {
    const { people: count, asked } = atLevel(LEVELS, level);
    for (;;) {
      const people = randomFamily(count, random);
      const wanted = random.choice<string>(asked);
      const pairs = people.flatMap((_, a) => people.flatMap((_, b) => (a === b ? [] : [[a, b] as const])));
      const fitting = pairs.filter(([a, b]) => stepsBetween(people, a, b) === wanted);
      if (fitting.length === 0) continue;
      const [a, b] = random.choice(fitting);
      const answer = WORDS[wanted]![people[a]!.woman ? 0 : 1];
      const facts = people.slice(1).map(({ name, woman, parent }): Fact => {
        const { name: parentName, woman: parentIsWoman } = people[parent]!;
        return {
          parent: parentName,
          parentIsWoman,
          child: name,
          childIsWoman: woman,
          fromChild: random.chance(0.5),
        };
      });
      const [asking, other] = [people[a]!.name, people[b]!.name];
      // Some statement must say whether the one asked about is a woman or a man, and none may be the answer itself.
      if (derived(facts, asking, other) !== answer) continue;
      const lines = random.shuffle(facts.map(inWords));
      if (lines.some((said) => said.startsWith(`${asking} `) && said.endsWith(` ${other}.`))) continue;
      const text =
        `${lines.join('\n')}\nNobody here has other relatives than these statements say. What is ${asking} to ${other}? ` +
        `Answer with one word, such as ${random.choice(
          Object.values(WORDS)
            .flat()
            .filter((word) => word !== answer),
        )}.`;
      return { text, answer, meta: { facts, asking, other, size: count } as never };
    }
  },
  score(answer, problem) {
    const word = readWord(plainAnswer(answer).replace(/^great\s+/iu, 'great-'));
    return word?.replace(/^great(?=[a-z])/u, 'great-') === problem.answer ? 1 : 0;
  },
  solve({ meta }) {
    const { facts, asking, other } = meta as unknown as { facts: Fact[]; asking: string; other: string };
    const relation = derived(facts, asking, other);
    return relation === null ? [] : [relation];
  },
};
