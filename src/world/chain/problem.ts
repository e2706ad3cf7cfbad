/**
 * @file The problems of the small world: chains of n numbers, evaluated strictly left to right.
 *
 * Operators are + − ×, none binds tighter than another, and every partial result stays in 0..99. n is the
 * difficulty. × makes the result serial: it cannot be had by adding terms in parallel, so thinking step by step pays.
 */

import { type Split, splitOf } from '../../data/split.ts';
import type { Random } from '../../random.ts';

export type Operator = '+' | '-' | '*';

/** Largest partial result; the smallest is 0. */
export const LARGEST = 99;

/** Chance of × where the running value allows one. */
const TIMES_CHANCE = 0.4;
/** Largest running value that can be multiplied by 2 and stay in range. */
const LARGEST_FACTOR_BASE = 49;

/** One step: `operator operand`, applied to the running value. */
export interface Step {
  readonly operator: Operator;
  readonly operand: number;
}

/** A chain: `start`, then n − 1 steps. */
export interface Problem {
  readonly start: number;
  readonly steps: readonly Step[];
}

/** The running value after one step. */
export function apply(value: number, { operator, operand }: Step): number {
  if (operator === '+') return value + operand;
  return operator === '-' ? value - operand : value * operand;
}

/** The value of the chain. */
export function evaluate(problem: Problem): number {
  return problem.steps.reduce(apply, problem.start);
}

/** The chain as written in a question: `35 - 10 * 3`. */
export function expression(problem: Problem): string {
  return [problem.start, ...problem.steps.flatMap(({ operator, operand }) => [operator, operand])].join(' ');
}

function randomStep(value: number, random: Random): Step {
  if (value >= 2 && value <= LARGEST_FACTOR_BASE && random.chance(TIMES_CHANCE)) {
    return { operator: '*', operand: random.int(2, Math.min(9, Math.floor(LARGEST / value))) };
  }
  const plus = value === 0 || (value !== LARGEST && random.chance(0.5));
  return plus
    ? { operator: '+', operand: random.int(1, LARGEST - value) }
    : { operator: '-', operand: random.int(1, value) };
}

/** A random chain of `numbers` (≥ 2) numbers, from either split. */
export function randomProblem(numbers: number, random: Random): Problem {
  const start = random.int(1, LARGEST);
  const steps: Step[] = [];
  for (let value = start; steps.length < numbers - 1; ) {
    const step = randomStep(value, random);
    steps.push(step);
    value = apply(value, step);
  }
  return { start, steps };
}

/** A random chain of `numbers` numbers on one side of the split. */
export function randomProblemOf(split: Split, numbers: number, random: Random): Problem {
  for (;;) {
    const problem = randomProblem(numbers, random);
    if (splitOf(expression(problem)) === split) return problem;
  }
}
