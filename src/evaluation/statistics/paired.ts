/**
 * @file Is one checkpoint better than another on the same problems? Paired bootstrap and sign-flip permutation test.
 *
 * Pairing by problem removes the spread in difficulty that both checkpoints share, so a difference shows with far
 * fewer problems than two separate intervals would need (Koehn 2004 for the paired bootstrap; Fisher 1935 for
 * flipping signs).
 */
import { bootstrapInterval, type Interval, type Resampling, type Uniform } from './bootstrap.ts';
import { accuracy, type Graded, isScored } from './graded.ts';
import { mean } from './quantile.ts';
import type { StageSamples } from './summary.ts';

/** Outcome of a paired comparison; `after` minus `before`. */
export interface Paired {
  /** Mean over problems of after − before. */
  readonly difference: number;
  /** Bootstrap interval of the difference (95 % unless asked otherwise). */
  readonly interval: Interval;
  /** Two-sided: how often a difference at least this large appears when before and after are exchangeable. */
  readonly pValue: number;
  /** Number of problems compared. */
  readonly problems: number;
}

/**
 * Compares two checkpoints problem by problem.
 *
 * @param before - one figure per problem (e.g. the share of its samples that are right)
 * @param after - the same problems in the same order
 * @throws RangeError when the lists are empty or differ in length
 */
export function comparePaired(
  before: readonly number[],
  after: readonly number[],
  random: Uniform,
  resampling: Resampling = {},
): Paired {
  if (before.length !== after.length || before.length === 0) {
    throw new RangeError(
      `comparePaired: expected equal, non-zero lengths, got ${before.length}, ${after.length}`,
    );
  }
  const differences = after.map((value, i) => value - before[i]!);
  return {
    difference: mean(differences),
    interval: bootstrapInterval(differences, random, resampling),
    pValue: signFlipTest(differences, random, resampling.resamples ?? 2000),
    problems: differences.length,
  };
}

/**
 * Sign-flip test of "the mean is 0": exact when all 2ⁿ flips are no more than `resamples`, else by random flips with
 * the observed one counted in, so that p is never 0 (Phipson and Smyth 2010).
 */
function signFlipTest(differences: readonly number[], random: Uniform, resamples: number): number {
  const n = differences.length;
  const observed = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  // Equal sums added in another order may differ in the last bits; they have to count as "as large".
  const threshold = observed - 1e-9 * Math.max(1, observed);
  const exact = 2 ** n <= resamples;
  const flips = exact ? 2 ** n : resamples;
  let asLarge = 0;
  for (let flip = 0; flip < flips; flip++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const negative = exact ? ((flip >> i) & 1) === 1 : random.next() < 0.5;
      sum += negative ? -differences[i]! : differences[i]!;
    }
    if (Math.abs(sum) >= threshold) asLarge += 1;
  }
  return exact ? asLarge / flips : (asLarge + 1) / (flips + 1);
}

/** How a later stage differs from an earlier one on the problems both were asked. */
export interface Comparison {
  readonly from: string;
  readonly to: string;
  /** null where either stage has no such responses to the same problems. */
  readonly greedy: Paired | null;
  readonly passAt1: Paired | null;
  /** Success on general prompts; absent where either stage was asked none. */
  readonly general?: Paired | null;
}

/** Compares two stages problem by problem (same `promptId`); problems that either could not score are left out. */
export function compareStages(
  before: Pick<StageSamples, 'name' | 'greedy' | 'sampled' | 'general'>,
  after: Pick<StageSamples, 'name' | 'greedy' | 'sampled' | 'general'>,
  random: Uniform,
): Comparison {
  const paired = (a: readonly (readonly Graded[])[], b: readonly (readonly Graded[])[]): Paired | null =>
    compareFigure(pairProblems(a, b), accuracy, random);
  return {
    from: before.name,
    to: after.name,
    greedy: paired(
      before.greedy.map((g) => [g]),
      after.greedy.map((g) => [g]),
    ),
    passAt1: paired(before.sampled, after.sampled),
    ...(before.general && after.general && { general: paired(before.general, after.general) }),
  };
}

/** The responses to one problem before and after. */
export type ProblemPair = readonly [before: readonly Graded[], after: readonly Graded[]];

/** The problems that both could score, in the order of `after`. */
export function pairProblems(
  before: readonly (readonly Graded[])[],
  after: readonly (readonly Graded[])[],
): ProblemPair[] {
  const earlier = scoredById(before);
  return [...scoredById(after)].flatMap(([id, problem]) => {
    const match = earlier.get(id);
    return match === undefined ? [] : [[match, problem] as const];
  });
}

/** Compares one figure of each problem; null where there is no pair. */
export function compareFigure(
  pairs: readonly ProblemPair[],
  figure: (problem: readonly Graded[]) => number,
  random: Uniform,
  resampling: Resampling = {},
): Paired | null {
  if (pairs.length === 0) return null;
  return comparePaired(
    pairs.map(([before]) => figure(before)),
    pairs.map(([, after]) => figure(after)),
    random,
    resampling,
  );
}

/** The problems that could be scored. One that was asked again is told apart by how often it was before. */
function scoredById(problems: readonly (readonly Graded[])[]): Map<string, readonly Graded[]> {
  const asked = new Map<string, number>();
  const scored = new Map<string, readonly Graded[]>();
  for (const problem of problems) {
    const { promptId } = problem[0]!;
    const before = asked.get(promptId) ?? 0;
    asked.set(promptId, before + 1);
    if (isScored(problem)) scored.set(JSON.stringify([promptId, before]), problem);
  }
  return scored;
}
