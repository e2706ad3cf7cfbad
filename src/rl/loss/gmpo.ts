/**
 * @file GMPO (arXiv 2507.20673, eq. 4): the geometric mean of a sequence's clipped token ratios.
 *
 * L = −Â exp((1/|o|) Σ min-clip(log ρₜ)), where log ρₜ is bounded by −ε_low and ε_high on the side that the surrogate
 * bounds: above for Â > 0, below for Â < 0. The paper's range is e^{±0.4}. Each token carries its sequence's loss; Â is
 * the mean over the sequence. What weights single tokens (importance weights, entropy) acts on that copy.
 */
import { z } from 'zod';
import { where } from '../../torch/index.ts';
import { sequenceMean } from './terms.ts';
import { definePolicyLoss, type TokenLoss, type TokenLossInput } from './token-loss.ts';

/** Settings of the policy loss `gmpo`. */
const gmpoSchema = z.strictObject({
  kind: z.literal('gmpo'),
  clipLow: z.number().positive().default(0.4).describe('Log-ratios are at least minus this (advantage < 0)'),
  clipHigh: z.number().positive().default(0.4).describe('Log-ratios are at most this (advantage > 0)'),
});

function gmpoLoss(input: TokenLossInput, options: z.output<typeof gmpoSchema>): TokenLoss {
  const { logRatio, advantages, mask } = input;
  const negative = advantages.lt(0);
  const clipped = where(
    negative,
    logRatio.clamp(-options.clipLow, null),
    logRatio.clamp(null, options.clipHigh),
  );
  const ratio = sequenceMean(clipped, mask).exp();
  const current = logRatio.detach();
  return {
    losses: sequenceMean(advantages, mask).mul(ratio).neg().expand(logRatio.shape),
    clippedHigh: current.gt(options.clipHigh).logicalAnd(negative.logicalNot()),
    clippedLow: current.lt(-options.clipLow).logicalAnd(negative),
  };
}

export const gmpo = definePolicyLoss({ schema: gmpoSchema, perSequence: () => true, compute: gmpoLoss });
