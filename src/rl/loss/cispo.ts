/**
 * @file CISPO (MiniMax-M1, arXiv 2506.13585, eq. 4): L = −sg[clip(ρ, 1−ε_low, 1+ε_high)] Â log π_θ.
 *
 * The importance weight is clipped, not the update: no token loses its gradient, so that rare tokens such as "Wait"
 * go on being learnt. MiniMax leaves the lower side open (ε_low = 1).
 */
import { z } from 'zod';
import { definePolicyLoss, type TokenLoss, type TokenLossInput } from './token-loss.ts';

/** Settings of the policy loss `cispo`. */
const cispoSchema = z.strictObject({
  kind: z.literal('cispo'),
  clipLow: z
    .number()
    .positive()
    .default(1)
    .describe('The weight is at least 1 − this; 1 and more is no bound'),
  clipHigh: z.number().positive().default(4).describe('The weight is at most 1 + this'),
});

function cispoLoss(input: TokenLossInput, options: z.output<typeof cispoSchema>): TokenLoss {
  const ratio = input.logRatio.detach().exp();
  const weight = ratio.clamp(1 - options.clipLow, 1 + options.clipHigh);
  return {
    losses: weight.mul(input.advantages).mul(input.logprobs).neg(),
    clippedHigh: ratio.gt(1 + options.clipHigh),
    clippedLow: ratio.lt(1 - options.clipLow),
  };
}

export const cispo = definePolicyLoss({ schema: cispoSchema, perSequence: () => false, compute: cispoLoss });
