/**
 * @file Figures of one benchmark: pass@1, pass@k and cons@k, each with its interval, and how the responses look.
 */

import type { Uniform } from './bootstrap.ts';
import { consensus, type Measured, measured, problemFigures } from './figures.ts';
import { accuracy, type Graded } from './graded.ts';
import { compareFigure, type Paired, pairProblems } from './paired.ts';
import { type ReflectionFigures, reflectionFigures } from './reflections.ts';
import { describeResponses, type ResponseShape } from './summary.ts';

/** A figure over k samples. */
export interface MeasuredAtK extends Measured {
  readonly k: number;
}

/** The figures of one benchmark. */
export interface Measures extends ResponseShape {
  /** Mean accuracy over the samples; null where no response could be scored. */
  readonly passAt1: Measured | null;
  /** Unbiased pass@k for k = 4, 16, 64 as far as samples go, and k = samples per problem. */
  readonly passAt: readonly MeasuredAtK[];
  /** Majority vote over all samples of a problem; null where answers do not vote, or there is one sample. */
  readonly consAt: MeasuredAtK | null;
  readonly problems: number;
  readonly samplesPerProblem: number;
  /** Problems of which no response could be scored, left out of the accuracies. */
  readonly unscored: number;
  /** Means over all responses; null where they were not looked at. */
  readonly reflection: ReflectionFigures | null;
}

/** How `measure` counts. */
export interface MeasureOptions {
  /** Whether answers vote (not so for programs); equivalent answers have to be equal texts by now. */
  readonly votes: boolean;
  readonly resamples?: number;
}

/**
 * Measures one benchmark.
 *
 * @param problems - per problem its responses, the same number for each; at least one
 * @throws RangeError when there is none, or problems have different numbers of responses
 */
export function measure(
  problems: readonly (readonly Graded[])[],
  random: Uniform,
  options: MeasureOptions,
): Measures {
  const figures = problemFigures(problems, options.votes);
  if (figures.samplesPerProblem === 0) throw new RangeError('measure: no responses');
  const atK = (k: number, values: readonly number[]): MeasuredAtK[] => {
    const figure = measured(values, random, options);
    return figure === null ? [] : [{ k, ...figure }];
  };
  return {
    passAt1: measured(figures.passAt1, random, options),
    passAt: figures.passAt.flatMap(({ k, values }) => atK(k, values)),
    consAt: (figures.consAt && atK(figures.consAt.k, figures.consAt.values)[0]) ?? null,
    ...describeResponses(problems.flat()),
    problems: problems.length,
    samplesPerProblem: figures.samplesPerProblem,
    unscored: figures.unscored,
    reflection: reflectionFigures(problems.flat()),
  };
}

/** Two evaluations of one benchmark, compared problem by problem; `after` minus `before`. */
export interface MeasuresCompared {
  readonly passAt1: Paired;
  /** null where answers do not vote. */
  readonly consAt: Paired | null;
}

/**
 * Compares two evaluations on the problems both could score.
 *
 * @returns null where there is no such problem
 */
export function compareMeasured(
  before: readonly (readonly Graded[])[],
  after: readonly (readonly Graded[])[],
  random: Uniform,
  options: MeasureOptions,
): MeasuresCompared | null {
  const pairs = pairProblems(before, after);
  const passAt1 = compareFigure(pairs, accuracy, random, options);
  if (passAt1 === null) return null;
  return { passAt1, consAt: options.votes ? compareFigure(pairs, consensus, random, options) : null };
}
