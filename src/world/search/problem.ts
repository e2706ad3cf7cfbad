/**
 * @file The problems of the search world: make a target from three numbers of 1..9, each used once, with + − ×.
 *
 * Expressions are worked from left to right and every partial result stays in 0..99, as in the chain world. Three numbers
 * have about 18 different expressions, and nothing says which of them hits the target: it has to be searched for.
 */
import { type Split, splitOf } from '../../data/split.ts';
import type { Random } from '../../random.ts';
import { apply, LARGEST, type Operator } from '../chain/index.ts';

/** How many numbers a problem has. */
export const NUMBERS = 3;
const OPERATORS: readonly Operator[] = ['+', '-', '*'];
const LARGEST_NUMBER = 9;

/** `numbers[0] operators[0] numbers[1] operators[1] numbers[2]`, worked from left to right. */
export interface Expression {
  readonly numbers: readonly number[];
  readonly operators: readonly Operator[];
}

/** A target and the numbers to make it from, in the order in which they are told. */
export interface SearchProblem {
  readonly numbers: readonly number[];
  readonly target: number;
}

/** The expression as an answer has it: `5 + 3 + 7`. */
export function written({ numbers, operators }: Expression): string {
  return numbers.flatMap((number, i) => (i === 0 ? [number] : [operators[i - 1]!, number])).join(' ');
}

/** The value after each number, the first number included; null where one leaves 0..99. */
export function partialResults({ numbers, operators }: Expression): readonly number[] | null {
  const results = [numbers[0]!];
  for (const [i, operator] of operators.entries()) {
    const value = apply(results[i]!, { operator, operand: numbers[i + 1]! });
    if (value < 0 || value > LARGEST) return null;
    results.push(value);
  }
  return results;
}

/** The value of an expression; null where a partial result leaves 0..99. */
export function resultOf(expression: Expression): number | null {
  return partialResults(expression)?.at(-1) ?? null;
}

const known = new Map<string, readonly Expression[]>();

/** Which two numbers a try begins with, and which one follows. */
const PLACES = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 2, 0],
] as const;

/**
 * Every different expression of these numbers that stays in range, in the order in which an orderly person tries them. The
 * first two numbers stand as they are told, in a difference the larger one first: `5 + 3` after `3 + 5` would be nothing new.
 */
export function expressionsOf(numbers: readonly number[]): readonly Expression[] {
  const key = numbers.join(' ');
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  const all = PLACES.flatMap(([i, j, last]) =>
    OPERATORS.flatMap((first) =>
      OPERATORS.map((second): Expression => {
        const pair = [numbers[i]!, numbers[j]!];
        const [a, b] = first === '-' ? pair.toSorted((x, y) => y - x) : pair;
        return { numbers: [a!, b!, numbers[last]!], operators: [first, second] };
      }),
    ),
  );
  const different = [...new Map(all.map((expression) => [written(expression), expression])).values()];
  const expressions = different.filter((expression) => resultOf(expression) !== null);
  known.set(key, expressions);
  return expressions;
}

/** Share of the expressions of a problem that hit its target: the chance of a blind guess. */
export function hitShare({ numbers, target }: SearchProblem): number {
  const expressions = expressionsOf(numbers);
  return expressions.filter((expression) => resultOf(expression) === target).length / expressions.length;
}

/**
 * The side of the split a problem is on. Decided by target and sorted numbers, so that a problem does not move to the
 * other side when its numbers are told in another order.
 */
export function sideOf({ numbers, target }: SearchProblem): Split {
  return splitOf(`search ${target} ${numbers.toSorted((a, b) => a - b).join(' ')}`);
}

/** Every problem of one split whose `hitShare` is at least `minHitShare`; numbers told in another order are another one. */
export function problemsOf(split: Split, minHitShare: number): readonly SearchProblem[] {
  const digits = Array.from({ length: LARGEST_NUMBER }, (_, i) => i + 1);
  const triples = digits.flatMap((a) => digits.flatMap((b) => digits.map((c) => [a, b, c])));
  return triples.flatMap((numbers) => {
    const targets = new Set(expressionsOf(numbers).map((expression) => resultOf(expression)!));
    return [...targets]
      .map((target): SearchProblem => ({ numbers, target }))
      .filter((problem) => sideOf(problem) === split && hitShare(problem) >= minHitShare);
  });
}

/** A random problem of one split whose `hitShare` is at least `minHitShare`. */
export function randomProblemOf(split: Split, minHitShare: number, random: Random): SearchProblem {
  for (;;) {
    const numbers = Array.from({ length: NUMBERS }, () => random.int(1, LARGEST_NUMBER));
    const target = resultOf(random.choice(expressionsOf(numbers)))!;
    const problem = { numbers, target };
    if (sideOf(problem) === split && hitShare(problem) >= minHitShare) return problem;
  }
}

const ANSWER = /^(\d) ?([-+*]) ?(\d) ?([-+*]) ?(\d)$/;

/** Reads an expression of three numbers such as `5 + 3 + 7`; null where a text is none. */
export function readExpression(text: string): Expression | null {
  const match = ANSWER.exec(text.trim().replace(/\s+/g, ' '));
  if (match === null) return null;
  const [, a, first, b, second, c] = match;
  return { numbers: [Number(a), Number(b), Number(c)], operators: [first as Operator, second as Operator] };
}

/** Whether an expression uses each number of the problem once and hits the target. */
export function solves(expression: Expression, { numbers, target }: SearchProblem): boolean {
  const used = expression.numbers.toSorted((a, b) => a - b).join(' ');
  return used === numbers.toSorted((a, b) => a - b).join(' ') && resultOf(expression) === target;
}
