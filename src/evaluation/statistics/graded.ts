/**
 * @file A graded response, and what counts as right.
 *
 * Right is `correct` of 1; partial credit below 1 is wrong. `null` (the grader could not score it) counts as wrong
 * beside scored samples of the same problem; a problem with no scored sample at all is left out of the accuracy
 * figures and counted as unscored.
 */
import type { FinishReason, Reflection } from '../../records.ts';

/** One graded response. */
export interface Graded {
  readonly promptId: string;
  /** The question and its reference answer, for reading the samples. */
  readonly question?: string;
  readonly reference?: string | null;
  /** 1 right, 0 wrong, between: partial credit, null: could not be scored. */
  readonly correct: number | null;
  /** What kind of prompt it answers, where a task names kinds. */
  readonly kind?: string;
  /** Share of the thought's words that are in the prompt's language; null without words, absent where not measured. */
  readonly language?: number | null;
  /** Words of doubt and attempts; absent where not looked at. */
  readonly reflection?: Reflection;
  /** Whether the response keeps the think/answer format. */
  readonly formatted: boolean;
  /** Response tokens. */
  readonly length: number;
  readonly finish: FinishReason;
  /** The answer found in the response, or null. */
  readonly answer: string | null;
  readonly text: string;
  /** The prompt opened the thought, which the text then begins in; absent where it did not. */
  readonly opened?: true;
}

/** Whether a response counts as right: full marks. */
export function isRight(response: Graded): boolean {
  return response.correct === 1;
}

/** Whether at least one response of the problem could be scored. */
export function isScored(problem: readonly Graded[]): boolean {
  return problem.some((response) => response.correct !== null);
}

/** Share of the responses of one problem that are right. */
export function accuracy(problem: readonly Graded[]): number {
  return problem.filter(isRight).length / problem.length;
}
