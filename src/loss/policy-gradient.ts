/**
 * @file The policy gradient itself (REINFORCE; GPG, arXiv 2504.02546): L = −Â log π_θ.
 *
 * No ratio, no clip: right where each rollout is learnt from once. Further updates on it are not corrected for.
 */
import { z } from 'zod';
import type { TokenLoss, TokenLossInput } from './token-loss.ts';

/** Knobs of the policy loss `policy-gradient`: none. */
export const policyGradientSchema = z.strictObject({ kind: z.literal('policy-gradient') });

export function policyGradient({ logprobs, advantages }: TokenLossInput): TokenLoss {
  const none = advantages.ne(advantages);
  return { losses: logprobs.mul(advantages).neg(), clippedHigh: none, clippedLow: none };
}
