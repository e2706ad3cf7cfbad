/**
 * @file Confidence intervals: clustered bootstrap for means over sampled problems, Wilson for one greedy answer each.
 *
 * Samples of one problem are not independent of one another, so the bootstrap resamples problems (clusters), never
 * single samples (Efron and Tibshirani 1993, chapter 8; Miller 2024, arXiv 2411.00640, on evaluations). Wilson 1927
 * keeps its coverage near 0 and 1, where the textbook interval does not. The intervals say how far the figure could
 * move with other problems; they say nothing about other training seeds.
 */
import { mean, quantiles } from './quantile.ts';

/** [low, high]. */
export type Interval = readonly [low: number, high: number];

/** What the statistics need of a random stream: `next()` is uniform in [0, 1). */
export interface Uniform {
  next(): number;
}

/** Settings of a resampling procedure. */
export interface Resampling {
  /** Number of resamples (default 2,000). */
  readonly resamples?: number;
  /** Coverage of the interval (default 0.95). */
  readonly level?: number;
}

/**
 * Percentile bootstrap interval of a mean over problems.
 *
 * @param perProblem - one figure per problem, e.g. the share of its samples that are right; at least one
 * @throws RangeError for an empty list
 */
export function bootstrapInterval(
  perProblem: readonly number[],
  random: Uniform,
  { resamples = 2000, level = 0.95 }: Resampling = {},
): Interval {
  const n = perProblem.length;
  if (n === 0) throw new RangeError('bootstrapInterval: no problems');
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += perProblem[Math.floor(random.next() * n)]!;
    return sum / n;
  });
  const tail = (1 - level) / 2;
  const [low, high] = quantiles(means, [tail, 1 - tail]);
  // Summing equal figures may end an ulp beside them; the interval still has to hold its own mean.
  const centre = mean(perProblem);
  return [Math.min(low!, centre), Math.max(high!, centre)];
}

/** The 97.5th percentile of the standard normal: two-sided 95 %. */
const Z_95 = 1.959963984540054;

/**
 * Wilson score interval (95 %) of a proportion.
 *
 * @param successes - how many of the trials succeeded
 * @param trials - at least one
 * @throws RangeError unless 0 ≤ successes ≤ trials and trials ≥ 1
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  if (!(trials >= 1 && successes >= 0 && successes <= trials)) {
    throw new RangeError(
      `wilsonInterval: expected 0 <= successes <= trials >= 1, got ${successes}/${trials}`,
    );
  }
  const p = successes / trials;
  const z2 = Z_95 ** 2;
  const scale = 1 + z2 / trials;
  const centre = (p + z2 / (2 * trials)) / scale;
  const half = (Z_95 / scale) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials));
  return [successes === 0 ? 0 : centre - half, successes === trials ? 1 : centre + half];
}
