/** @file An order of courses that respects what each requires: any topological order is right. */
import type { Random } from '../../../random.ts';
import { readList } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { courses: 4, density: 0.4 },
  { courses: 6, density: 0.35 },
  { courses: 9, density: 0.3 },
  { courses: 13, density: 0.25 },
  { courses: 20, density: 0.2 },
];
const INTROS: readonly ((list: string) => string)[] = [
  (list) => `A student has to take the courses ${list}, one after the other.`,
  (list) => `The tasks ${list} are to be done one at a time.`,
  (list) => `A build has the steps ${list}, which run in sequence.`,
];

/** Rules point along a drawn order; the solver takes what is free, the first such and the last such. */
export const courseOrder: TaskFamily = {
  name: 'course-order',
  description: 'Put courses into an order that respects their prerequisites.',
  levels: LEVELS.length,
  unique: false,

  generate(random, level) {
    const { courses, density } = atLevel(LEVELS, level);
    const { names, order, rules } = drawCourses(random, courses, density);
    const text = `${random.choice(INTROS)(names.join(', '))} ${tellRules(random, rules)} Give one possible order of all of them. Answer with the names separated by commas, the first one first.`;
    return { text, answer: order.join(', '), meta: { size: courses } };
  },

  score(answer, problem) {
    const order = readList(answer.replaceAll(/->|→/g, ',')).map((name) => name.toUpperCase());
    const names = problem.answer.split(', ');
    if (order.length !== names.length || !names.every((name) => order.includes(name))) return 0;
    return readRules(problem.text).every(([before, after]) => order.indexOf(before) < order.indexOf(after))
      ? 1
      : 0;
  },

  solve({ text }) {
    const names = /((?:C\d+, )+C\d+)/.exec(text)?.[1]?.split(', ') ?? [];
    const rules = readRules(text);
    const orders = [names, names.toReversed()].map((preference) => takeFree(preference, rules));
    return [
      ...new Set(orders.filter((order) => order.length === names.length).map((order) => order.join(', '))),
    ];
  },
};

export type Rule = readonly [before: string, after: string];

/** Courses named by numbers, an order of them, and rules between some that stand before and after in it. */
export function drawCourses(random: Random, count: number, density: number) {
  const numbers = Array.from({ length: 90 }, (_, i) => i + 10);
  const names = random
    .shuffle(numbers)
    .slice(0, count)
    .map((n) => `C${n}`);
  const order = random.shuffle(names);
  const pairs = order.flatMap((before, i) => order.slice(i + 1).map((after): Rule => [before, after]));
  const first: Rule = [order[0]!, order[1]!];
  const rules = [first, ...pairs.slice(1).filter(() => random.chance(density))];
  let told = random.shuffle(names);
  // An order that is told as it stands would be an answer.
  while (told.join() === order.join()) told = random.shuffle(names);
  return { names: told, order, rules };
}

/** One sentence for each rule, in random order and wording. */
export function tellRules(random: Random, rules: readonly Rule[]): string {
  const sentences = random
    .shuffle(rules)
    .map(([before, after]) =>
      random.choice([
        `${before} comes before ${after}.`,
        `${after} requires ${before}.`,
        `${after} comes after ${before}.`,
      ]),
    );
  return sentences.join(' ');
}

/** The rules that sentences of `tellRules` state. */
export function readRules(text: string): Rule[] {
  return [...text.matchAll(/(C\d+) (comes before|comes after|requires) (C\d+)\./g)].map(
    ([, a = '', verb, b = '']) => (verb === 'comes before' ? [a, b] : [b, a]),
  );
}

function takeFree(preference: readonly string[], rules: readonly Rule[]): string[] {
  const taken: string[] = [];
  for (;;) {
    const free = preference.find(
      (name) =>
        !taken.includes(name) && rules.every(([before, after]) => after !== name || taken.includes(before)),
    );
    if (free === undefined) return taken;
    taken.push(free);
  }
}
