/**
 * @file pass@1, pass@k and cons@k of sampled problems, one value a problem: what every mean and interval is made of.
 *
 * A problem of which no response could be scored is left out and counted. What counts as right is decided in
 * `graded.ts`.
 */
import { bootstrapInterval, type Interval, type Resampling, type Uniform } from './bootstrap.ts';
import { accuracy, type Graded, isRight, isScored } from './graded.ts';
import { consAtK, passAtK } from './pass-at-k.ts';
import { mean } from './quantile.ts';

/** A figure in [0, 1] and its interval. */
export interface Measured {
  readonly value: number;
  readonly interval: Interval;
}

/** A figure over k samples, one value a problem. */
export interface ValuesAtK {
  readonly k: number;
  readonly values: readonly number[];
}

/** The figures of problems that were answered `samplesPerProblem` times each. */
export interface ProblemFigures {
  /** Share of right responses. */
  readonly passAt1: readonly number[];
  /** Unbiased pass@k for k = 4, 16, 64 as far as samples go, and k = samples per problem. */
  readonly passAt: readonly ValuesAtK[];
  /** Majority vote over all samples; null where answers do not vote, or there are no two samples. */
  readonly consAt: ValuesAtK | null;
  readonly samplesPerProblem: number;
  /** Problems left out: no response could be scored. */
  readonly unscored: number;
}

/**
 * The figures of each problem.
 *
 * @param problems - per problem its responses; answers that mean the same have to be equal texts
 * @param votes - whether answers vote (not so for programs)
 * @throws RangeError when problems have different numbers of responses
 */
export function problemFigures(problems: readonly (readonly Graded[])[], votes: boolean): ProblemFigures {
  const n = problems[0]?.length ?? 0;
  if (problems.some((problem) => problem.length !== n)) {
    throw new RangeError('problems have different numbers of samples');
  }
  const scored = problems.filter(isScored);
  const right = scored.map((problem) => problem.filter(isRight).length);
  const ks = [...new Set([4, 16, 64, n])].filter((k) => k > 1 && k <= n).sort((a, b) => a - b);
  return {
    passAt1: n > 0 ? scored.map(accuracy) : [],
    passAt: ks.map((k) => ({ k, values: right.map((c) => passAtK(n, c, k)) })),
    consAt: votes && n > 1 ? { k: n, values: scored.map(consensus) } : null,
    samplesPerProblem: n,
    unscored: problems.length - scored.length,
  };
}

/** The majority vote of one problem. */
export function consensus(problem: readonly Graded[]): number {
  return consAtK(problem.map((response) => ({ answer: response.answer, right: isRight(response) })));
}

/** Mean over problems, and its interval by a bootstrap over problems (95 %): samples of one problem are a cluster. */
export function measured(
  values: readonly number[],
  random: Uniform,
  resampling: Resampling = {},
): Measured | null {
  if (values.length === 0) return null;
  return { value: mean(values), interval: bootstrapInterval(values, random, resampling) };
}
