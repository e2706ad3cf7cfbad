/**
 * @file The clipped surrogate of PPO and GRPO, per token, or of GSPO, per sequence.
 *
 * L = −min(ρ Â, clip(ρ, 1−ε_low, 1+ε_high) Â) with ρ = π_θ/π_old (Schulman et al. 2017, eq. 7; DeepSeek-R1 eq. 1).
 * GRPO is the case ε_low = ε_high, DAPO's clip-higher ε_high > ε_low; GSPO takes the length-normalised ratio of the
 * sequence for ρ. Where Â < 0 the loss is unbounded in ρ; the dual clip bounds it by −c Â (Ye et al. 2020), which is
 * also INTELLECT-2's cap on ρ. Values above 1 for ε_low leave the lower side unclipped.
 */
import { z } from 'zod';
import { type Tensor, where } from '../../torch/index.ts';
import { definePolicyLoss, sequenceLogRatio, type TokenLoss, type TokenLossInput } from './token-loss.ts';

/** Knobs of the policy loss `surrogate`. */
const surrogateSchema = z.strictObject({
  kind: z.literal('surrogate'),
  ratio: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe('Ratio that is clipped: of each token, or of the whole response per token of it (GSPO)'),
  clipLow: z.number().positive().default(0.2).describe('ε below 1; above 1 the lower side is unclipped'),
  clipHigh: z.number().positive().default(0.2).describe('ε above 1'),
  dualClip: z.number().gt(1).optional().describe('Bound c of the loss where the advantage is negative'),
});

function clippedSurrogate(input: TokenLossInput, options: z.output<typeof surrogateSchema>): TokenLoss {
  const { logprobs, advantages, mask } = input;
  const { clipLow, clipHigh, dualClip } = options;
  const logRatio =
    options.ratio === 'sequence' ? sequenceLogRatio(logprobs, input.logRatio, mask) : input.logRatio;
  const ratio = logRatio.exp();
  const unclipped = advantages.mul(ratio).neg();
  const clipped = advantages.mul(ratio.clamp(1 - clipLow, 1 + clipHigh)).neg();
  const pessimistic = unclipped.maximum(clipped);
  const removed = clipped.detach().gt(unclipped.detach());
  const negative = advantages.lt(0);
  return {
    losses: dualClip === undefined ? pessimistic : dual(pessimistic, advantages, negative, dualClip),
    clippedHigh: removed.logicalAnd(negative.logicalNot()),
    clippedLow: removed.logicalAnd(negative),
  };
}

function dual(losses: Tensor, advantages: Tensor, negative: Tensor, bound: number): Tensor {
  return where(negative, losses.minimum(advantages.mul(-bound)), losses);
}

export const surrogate = definePolicyLoss({
  schema: surrogateSchema,
  perSequence: ({ ratio }) => ratio === 'sequence',
  compute: clippedSurrogate,
});
