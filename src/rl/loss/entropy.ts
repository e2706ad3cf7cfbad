/**
 * @file Entropy in the loss: a bonus for it, and learning from the most uncertain tokens only.
 *
 * "Beyond the 80/20 rule" (arXiv 2506.01939): the gradient of the policy loss is kept on the fifth of the tokens with
 * the highest entropy, where a reasoning path forks. The threshold is taken over all tokens of an optimiser step, so
 * that it does not depend on micro-batches; divisors still count every token, as in the paper.
 */
import { z } from 'zod';

/** A recipe's `loss.entropy`. */
export const entropySchema = z.strictObject({
  bonus: z.number().min(0).default(0).describe('Weight of the entropy that is rewarded in the loss'),
  topFraction: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Share of the tokens, the most uncertain, that the policy loss learns from (80/20: 0.2)'),
});

/**
 * 1 on the `fraction` of all tokens with the highest entropy, rounded up, 0 elsewhere; ties with the last are kept.
 * @param entropies - of each token of each completion of an optimiser step
 */
export function topEntropy(entropies: readonly Float32Array[], fraction: number): Float32Array[] {
  const total = entropies.reduce((sum, row) => sum + row.length, 0);
  const sorted = new Float32Array(total);
  let offset = 0;
  for (const row of entropies) {
    sorted.set(row, offset);
    offset += row.length;
  }
  sorted.sort();
  const threshold = sorted[total - Math.ceil(fraction * total)] ?? 0;
  return entropies.map((row) => row.map((entropy) => (entropy >= threshold ? 1 : 0)));
}
