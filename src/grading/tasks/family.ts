/**
 * @file Interface of a task family: a generator of problems with a difficulty, a scorer, and a solver as its proof.
 *
 * A problem is a pure function of a random stream and a level, so a data set needs no storage: problem i of a seed is
 * made again whenever it is asked for. Nothing here touches tensors, files or the network.
 */
import type { Random } from '../../random.ts';
import type { Json } from '../../records.ts';

/** One generated problem. */
export interface Problem {
  /** The question, complete: what is asked and in what form the answer is expected. */
  readonly text: string;
  /** One right answer, in the form asked for: `score(answer, problem)` is 1. */
  readonly answer: string;
  /** What scorer and solver read beside the text, as JSON. */
  readonly meta: { readonly [key: string]: Json };
}

/** A family of problems of one kind. */
export interface TaskFamily {
  /** Name in recipes and metrics: lower case, hyphens. */
  readonly name: string;
  /** What is asked: one sentence on one line, with its full stop. */
  readonly description: string;
  /** Highest level of difficulty; the lowest is 1. A higher level never makes smaller problems. */
  readonly levels: number;
  /** Whether each generated problem has exactly one right answer, spelling aside. */
  readonly unique: boolean;
  /** What earns a score between 0 and 1, in one line; left out where every answer is either right or wrong. */
  readonly partialCredit?: string;
  /** A problem of `level`, decided by the stream alone. */
  generate(random: Random, level: number): Problem;
  /**
   * How right an answer is, in [0, 1]: 1 only for a right one, between for stated partial credit. Never throws, whatever
   * the answer holds, and takes time bounded by the length of the problem and of the answer.
   */
  score(answer: string, problem: Problem): number;
  /**
   * Right answers found from `text` and `meta` without `answer`, by another way than the generator's where there is
   * one. At most two are needed: none proves the problem broken, two that it is not unique.
   */
  solve(problem: Problem): string[];
}
