/**
 * @file Countdown (the numbers round): reach a target from some of the given numbers, each used at most once.
 *
 * Generator: numbers are combined at random into whole values until enough are used; the last value is the target.
 */
import type { Random } from '../../../random.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { drawnFrom, isExpressionFor, searchExpressions } from './expression.ts';

/** How many numbers, the largest of them, and the range of the target, of each level. */
const LEVELS = [
  { count: 3, max: 10, lo: 10, hi: 99 },
  { count: 4, max: 20, lo: 10, hi: 99 },
  { count: 4, max: 50, lo: 10, hi: 199 },
  { count: 5, max: 75, lo: 50, hi: 499 },
  { count: 6, max: 99, lo: 100, hi: 999 },
] as const;

/** A value made of all `numbers`, combined in order with random operators, whole and positive on the way; or null. */
function combined(numbers: readonly number[], random: Random): number | null {
  let value = numbers[0]!;
  for (const number of numbers.slice(1)) {
    const [a, b] = value >= number ? [value, number] : [number, value];
    const operator = random.choice(['+', '-', '*', '/']);
    if (operator === '+') value = a + b;
    else if (operator === '-') value = a - b;
    else if (operator === '*') value = a * b;
    else value = a % b === 0 ? a / b : 0;
    if (value === 0) return null;
  }
  return value;
}

/** The numbers round. */
export const countdown: TaskFamily = {
  name: 'countdown',
  description: 'Reach a target from given numbers, each used at most once.',
  levels: LEVELS.length,
  unique: false,
  generate(random, level) {
    const { count, max, lo, hi } = atLevel(LEVELS, level);
    for (;;) {
      const numbers = Array.from({ length: count }, () => random.int(1, max));
      const target = combined(numbers, random);
      if (target === null || target < lo || target > hi || numbers.includes(target)) continue;
      const meta = { numbers: numbers.sort((a, b) => a - b), target, size: count };
      const text =
        `Reach ${target} from the numbers ${meta.numbers.join(', ')}: use each at most once, with +, -, *, / and ` +
        'parentheses. Numbers must not be joined to longer ones. Answer with the expression alone, for example ' +
        '(9 - 2) * 6.';
      const [answer] = countdown.solve({ text, answer: '', meta });
      return { text, answer: answer!, meta };
    }
  },
  score(answer, { meta }) {
    const right = isExpressionFor(answer, meta.target as number, (used) =>
      drawnFrom(used, meta.numbers as number[]),
    );
    return right ? 1 : 0;
  },
  solve({ meta }) {
    const solutions: string[] = [];
    const { numbers, target } = meta as { numbers: number[]; target: number };
    searchExpressions(numbers, target, false, (text) => solutions.push(text) < 1);
    return solutions;
  },
};
