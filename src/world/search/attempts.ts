/**
 * @file Attempts in words: how the search world tries an expression aloud, and how a thought is read back into attempts.
 *
 *   5 times 3 is 15 . 15 plus 7 is 22 . wait 5 plus 3 is 8 . 8 plus 7 is 15 .
 *
 * A thought is one attempt after another, each but the first opened by `wait`.
 */
import type { Random } from '../../random.ts';
import { apply, LARGEST, type Operator } from '../chain/index.ts';
import type { Expression, SearchProblem } from './problem.ts';

/** The word that opens every attempt but the first. */
export const AGAIN = 'wait';

const WORDS: { readonly [operator in Operator]: string } = { '+': 'plus', '-': 'minus', '*': 'times' };
const SIGNS = new Map(Object.entries(WORDS).map(([sign, word]) => [word, sign as Operator]));

/** The question: `make 15 from 3 . 5 . 7 ?` Full stops keep the digits of neighbours apart. */
export function question({ numbers, target }: SearchProblem): string {
  return `make ${target} from ${numbers.join(' . ')} ?`;
}

/** An attempt: an expression, and the value it is said to have. */
export interface Attempt {
  readonly expression: Expression;
  /** The last stated result; wrong where a step slipped. */
  readonly stated: number;
}

/**
 * An attempt in words. Each step is stated wrong, off by one or by ten, with probability `slipRate`, and the attempt
 * goes on from the wrong value. An attempt that leaves 0..99 is written again.
 */
export function writeAttempt(
  expression: Expression,
  slipRate: number,
  random: Random,
): Attempt & { readonly text: string } {
  for (;;) {
    const lines: string[] = [];
    let value = expression.numbers[0]!;
    for (const [i, operator] of expression.operators.entries()) {
      const operand = expression.numbers[i + 1]!;
      const right = apply(value, { operator, operand });
      const off = random.chance(slipRate) ? (random.chance(0.5) ? 1 : -1) * random.choice([1, 10]) : 0;
      lines.push(`${value} ${WORDS[operator]} ${operand} is ${right + off} .`);
      value = right + off;
      if (value < 0 || value > LARGEST) break;
    }
    if (value >= 0 && value <= LARGEST) return { expression, stated: value, text: lines.join(' ') };
  }
}

const STEP = /(\d+) (plus|minus|times) (\d+) is (\d+) \./g;

/** The attempt that a text of one attempt makes; null where its words are no two steps of which the second goes on. */
export function readAttempt(text: string): Attempt | null {
  const steps = [...text.matchAll(STEP)];
  const [first, second] = steps;
  if (steps.length !== 2 || first === undefined || second === undefined || second[1] !== first[4])
    return null;
  return {
    expression: {
      numbers: [Number(first[1]), Number(first[3]), Number(second[3])],
      operators: [SIGNS.get(first[2]!)!, SIGNS.get(second[2]!)!],
    },
    stated: Number(second[4]),
  };
}
