/**
 * @file What the samples of one benchmark say of a model: pass@1, pass@k and cons@k, each with its interval, and how the
 * responses look.
 *
 * Every interval is a bootstrap over problems (95 %): samples of one problem are a cluster. A problem of which no
 * response could be scored is left out and counted. What counts as right is decided in `graded.ts`.
 */
import { bootstrapInterval, type Interval, type Uniform } from './bootstrap.ts';
import { accuracy, type Graded, isRight, isScored } from './graded.ts';
import { comparePaired, type Paired } from './paired.ts';
import { consAtK, passAtK } from './pass-at-k.ts';
import { mean } from './quantile.ts';
import { describeResponses, type ResponseShape } from './summary.ts';

/** A figure in [0, 1] and its interval. */
export interface Measured {
  readonly value: number;
  readonly interval: Interval;
}

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
  const n = problems[0]?.length ?? 0;
  if (n === 0) throw new RangeError('measure: no responses');
  if (problems.some((problem) => problem.length !== n)) {
    throw new RangeError('measure: problems have different numbers of responses');
  }
  const scored = problems.filter(isScored);
  const figure = (of: (problem: readonly Graded[]) => number): Measured | null => {
    if (scored.length === 0) return null;
    const values = scored.map(of);
    return { value: mean(values), interval: bootstrapInterval(values, random, options) };
  };
  const atK = (k: number, measured: Measured | null): MeasuredAtK[] => (measured ? [{ k, ...measured }] : []);
  const ks = [...new Set([4, 16, 64, n])].filter((k) => k > 1 && k <= n).sort((a, b) => a - b);
  return {
    passAt1: figure(accuracy),
    passAt: ks.flatMap((k) =>
      atK(
        k,
        figure((problem) => passAtK(n, problem.filter(isRight).length, k)),
      ),
    ),
    consAt: (options.votes && n > 1 && atK(n, figure(consensus))[0]) || null,
    ...describeResponses(problems.flat()),
    problems: problems.length,
    samplesPerProblem: n,
    unscored: problems.length - scored.length,
  };
}

function consensus(problem: readonly Graded[]): number {
  return consAtK(problem.map((response) => ({ answer: response.answer, right: isRight(response) })));
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
  const earlier = new Map(before.filter(isScored).map((problem) => [problem[0]!.promptId, problem]));
  const pairs = after.filter(isScored).flatMap((problem) => {
    const match = earlier.get(problem[0]!.promptId);
    return match === undefined ? [] : [[match, problem] as const];
  });
  if (pairs.length === 0) return null;
  const paired = (of: (problem: readonly Graded[]) => number): Paired =>
    comparePaired(
      pairs.map(([a]) => of(a)),
      pairs.map(([, b]) => of(b)),
      random,
      options,
    );
  return { passAt1: paired(accuracy), consAt: options.votes ? paired(consensus) : null };
}
