/**
 * @file Lengths of sequences of which the mean and the limit are known: exponential with its tail cut at the limit, so that a
 * share of them is as long as is allowed.
 *
 *   P(length > t) = exp(-t / τ) for t < limit, with τ such that the mean is (1 - exp(-limit / τ)) · τ
 *
 * Where the mean is the limit, all are equally long. Responses of models that reason are about so: many short ones, a long tail.
 */

/** Euler's constant: the longest of n exponential lengths is τ · (ln n + γ) in the mean. */
const GAMMA = 0.5772;

export class Lengths {
  readonly mean: number;
  readonly limit: number;
  /** τ; Infinity where all are equally long. */
  readonly scale: number;

  /** @param mean - in tokens, at most the limit */
  constructor(mean: number, limit: number) {
    this.limit = Math.max(mean, limit);
    this.mean = mean;
    this.scale = scaleOf(mean, this.limit);
  }

  /** The share of sequences that are longer than t. */
  longerThan(t: number): number {
    return t < this.limit ? Math.exp(-t / this.scale) : 0;
  }

  /** The mean number of tokens that a token attends to: half the mean square over the mean. */
  get meanContext(): number {
    const { limit, scale, mean } = this;
    if (scale === Infinity) return limit / 2;
    const x = limit / scale;
    return (scale ** 2 * (1 - Math.exp(-x) * (1 + x))) / mean;
  }

  /** The longest of so many, in the mean. */
  longestOf(count: number): number {
    if (this.scale === Infinity) return this.limit;
    return Math.min(this.limit, Math.max(this.mean, this.scale * (Math.log(Math.max(count, 1)) + GAMMA)));
  }
}

/** τ by bisection: its mean grows with it. */
function scaleOf(mean: number, limit: number): number {
  if (mean > 0.99 * limit) return Infinity;
  let [low, high] = [mean, 100 * limit];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (middle * (1 - Math.exp(-limit / middle)) < mean) low = middle;
    else high = middle;
  }
  return high;
}
