/** @file The fewest terms in which courses can be taken when any number fits a term but requirements come before. */
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { drawCourses, type Rule, readRules, tellRules } from './course-order.ts';

const LEVELS = [
  { courses: 4, density: 0.4 },
  { courses: 6, density: 0.3 },
  { courses: 9, density: 0.22 },
  { courses: 13, density: 0.17 },
  { courses: 18, density: 0.15 },
];
const INTROS: readonly ((list: string) => string)[] = [
  (list) =>
    `A student wants to take the courses ${list}, any number of them in the same term, but what must come before another lies in an earlier term.`,
  (list) =>
    `The courses ${list} are offered every term, and any number can be taken together; a course can only be taken in a later term than all that precede it.`,
];

/** The longest chain of requirements by recursion; the solver fills term after term with all that is free. */
export const courseTerms: TaskFamily = {
  name: 'course-terms',
  description: 'Find the fewest terms in which courses with prerequisites can be taken.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { courses, density } = atLevel(LEVELS, level);
    const { names, order, rules } = drawCourses(random, courses, density);
    const question = random.choice([
      'How many terms are needed at least?',
      'What is the smallest possible number of terms?',
    ]);
    const text = `${random.choice(INTROS)(names.join(', '))} ${tellRules(random, rules)} ${question} Answer with a whole number.`;
    return { text, answer: String(longestChain(order, rules)), meta: { size: courses } };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer, ['terms', 'term']),

  solve({ text }) {
    let left = /((?:C\d+, )+C\d+)/.exec(text)?.[1]?.split(', ') ?? [];
    const rules = readRules(text);
    let terms = 0;
    for (; left.length > 0; terms++) {
      const waiting = left.filter((name) =>
        rules.some(([before, after]) => after === name && left.includes(before)),
      );
      if (waiting.length === left.length) return [];
      left = waiting;
    }
    return [String(terms)];
  },
};

/** Along `order`, in which every rule points forward. */
function longestChain(order: readonly string[], rules: readonly Rule[]): number {
  const chains = new Map<string, number>();
  for (const name of order) {
    const before = rules.filter(([, after]) => after === name).map(([required]) => chains.get(required)!);
    chains.set(name, 1 + Math.max(0, ...before));
  }
  return Math.max(...chains.values());
}
