/**
 * @file SAPO (arXiv 2511.20347, eq. 5–6): a soft gate on the ratio instead of a clip.
 *
 * L = −(4/τ) σ(τ (ρ − 1)) Â with τ_pos for Â > 0 and τ_neg otherwise. At ρ = 1 the gradient is the policy gradient's;
 * it fades with the distance, for negative advantages faster (τ_neg > τ_pos).
 */
import { z } from 'zod';
import { full, where } from '../../torch/index.ts';
import { definePolicyLoss, type TokenLoss, type TokenLossInput } from './token-loss.ts';

/** Settings of the policy loss `sapo`. */
const sapoSchema = z.strictObject({
  kind: z.literal('sapo'),
  temperaturePositive: z.number().positive().default(1).describe('τ where the advantage is positive'),
  temperatureNegative: z.number().positive().default(1.05).describe('τ where it is not'),
});

function sapoLoss(input: TokenLossInput, options: z.output<typeof sapoSchema>): TokenLoss {
  const { logRatio, advantages } = input;
  const like = { dtype: advantages.dtype, device: advantages.device };
  const temperature = where(
    advantages.gt(0),
    full([], options.temperaturePositive, like),
    full([], options.temperatureNegative, like),
  );
  const gate = logRatio.exp().sub(1).mul(temperature).sigmoid().mul(4).div(temperature);
  const none = advantages.ne(advantages);
  return { losses: gate.mul(advantages).neg(), clippedHigh: none, clippedLow: none };
}

export const sapo = definePolicyLoss({ schema: sapoSchema, perSequence: () => false, compute: sapoLoss });
