/**
 * @file The policy gradient itself (REINFORCE; GPG, arXiv 2504.02546): L = −Â log π_θ.
 *
 * No ratio, no clip: right where each rollout is learnt from once. Further updates on it are not corrected for.
 */
import { z } from 'zod';
import { definePolicyLoss, type TokenLoss, type TokenLossInput } from './token-loss.ts';

/** Settings of the policy loss `policy-gradient`: none. */
const policyGradientSchema = z.strictObject({ kind: z.literal('policy-gradient') });

function reinforce({ logprobs, advantages }: TokenLossInput): TokenLoss {
  const none = advantages.ne(advantages);
  return { losses: logprobs.mul(advantages).neg(), clippedHigh: none, clippedLow: none };
}

export const policyGradient = definePolicyLoss({
  schema: policyGradientSchema,
  perSequence: () => false,
  compute: reinforce,
});
