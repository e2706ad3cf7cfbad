/**
 * @file pass@k and cons@k: what several samples of one problem say about the model.
 *
 * pass@k: Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1 (arXiv 2107.03374).
 * cons@k: Wang et al. 2022, "Self-Consistency Improves Chain of Thought Reasoning" (arXiv 2203.11171); cons@64 in
 * the DeepSeek-R1 report. Leaves out cons@k for k below the number of samples drawn.
 */
import { mean } from './quantile.ts';

/**
 * Unbiased estimate of the probability that at least one of `k` samples is right, from `n` samples of which `c`
 * are right: 1 − C(n−c, k) / C(n, k), as the product 1 − ∏ (1 − k/i) over i = n−c+1 … n, which cannot overflow.
 * With k = 1 it is c/n, the plain mean.
 *
 * @throws RangeError unless 0 ≤ c ≤ n and 1 ≤ k ≤ n, all whole
 */
export function passAtK(n: number, c: number, k: number): number {
  if (![n, c, k].every(Number.isInteger) || c < 0 || c > n || k < 1 || k > n) {
    throw new RangeError(`passAtK: expected 0 <= c <= n and 1 <= k <= n, got n=${n}, c=${c}, k=${k}`);
  }
  if (n - c < k) return 1;
  let allWrong = 1;
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/** One vote of a consensus: the answer found in a sample, or null where none was found, and whether it is right. */
export interface Vote {
  readonly answer: string | null;
  readonly right: boolean;
}

/**
 * cons@k of one problem, k being the number of votes: 1 when the most frequent answer is right, else 0. Where m
 * answers tie for most frequent, each counts 1/m, the expected value of breaking the tie at random. A sample
 * without an answer does not vote; with no vote at all the result is 0. An answer that was graded differently in
 * different samples (a judge's noise) counts as right to the share of its votes that were. Answers that mean the same
 * have to be equal texts by now (see `representatives`).
 */
export function consAtK(votes: readonly Vote[]): number {
  const groups = new Map<string, { size: number; right: number }>();
  for (const { answer, right } of votes) {
    if (answer === null) continue;
    const { size, right: before } = groups.get(answer.trim()) ?? { size: 0, right: 0 };
    groups.set(answer.trim(), { size: size + 1, right: before + (right ? 1 : 0) });
  }
  const largest = Math.max(0, ...[...groups.values()].map((g) => g.size));
  const tied = [...groups.values()].filter((g) => g.size === largest);
  return tied.length === 0 ? 0 : mean(tied.map((g) => g.right / g.size));
}
