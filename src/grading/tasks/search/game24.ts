/**
 * @file The 24 game: four numbers, each used once, make 24.
 *
 * Difficulty is the number of ways there are (orders of combining two numbers at a time): few ways are hard to find.
 */
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { drawnFrom, isExpressionFor, searchExpressions } from './expression.ts';

const TARGET = 24;
const COUNT = 4;

const LARGEST = 13;

/** Fewest and most ways to 24 of each level. */
const LEVELS = [
  { fewest: 33, most: Infinity },
  { fewest: 17, most: 32 },
  { fewest: 9, most: 16 },
  { fewest: 4, most: 8 },
  { fewest: 1, most: 3 },
] as const;

/** In how many ways four numbers make 24. */
export function waysTo24(numbers: readonly number[]): number {
  let ways = 0;
  searchExpressions(numbers, TARGET, true, () => {
    ways++;
    return true;
  });
  return ways;
}

/** The 24 game. */
export const game24: TaskFamily = {
  name: 'game24',
  description: 'Make 24 from four numbers, each used exactly once.',
  levels: LEVELS.length,
  unique: false,
  generate(random, level) {
    const { fewest, most } = atLevel(LEVELS, level);
    for (;;) {
      const numbers = Array.from({ length: COUNT }, () => random.int(1, LARGEST)).sort((a, b) => a - b);
      const ways = waysTo24(numbers);
      if (ways < fewest || ways > most) continue;
      const meta = { numbers, ways, size: 1 / ways };
      const text =
        `Make ${TARGET} from the numbers ${numbers.join(', ')}: use each exactly once, with +, -, *, / and ` +
        'parentheses. Numbers must not be joined to longer ones, and division is exact (fractions on the way are ' +
        'allowed). Answer with the expression alone, for example (5 - 1) * 3 * 2.';
      const [answer] = game24.solve({ text, answer: '', meta });
      return { text, answer: answer!, meta };
    }
  },
  score(answer, { meta }) {
    const numbers = meta.numbers as number[];
    const right = isExpressionFor(
      answer,
      TARGET,
      (used) => used.length === numbers.length && drawnFrom(used, numbers),
    );
    return right ? 1 : 0;
  },
  solve({ meta }) {
    const solutions: string[] = [];
    searchExpressions(meta.numbers as number[], TARGET, true, (text) => solutions.push(text) < 1);
    return solutions;
  },
};
