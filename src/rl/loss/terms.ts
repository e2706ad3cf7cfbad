/**
 * @file The terms of GRPO's objective (DeepSeek-R1, arXiv 2501.12948, eq. 1 and 2): the ratio of policies, the clipped
 * surrogate, and the estimate of the KL to the reference. Each is per token; policy.ts adds them up.
 */
import { z } from 'zod';
import { type Tensor, where } from '../../torch/index.ts';
import { definePolicyLoss, type TokenLoss, type TokenLossInput } from './token-loss.ts';

/** e²⁰ is far beyond any clip range and far below overflow in float32. */
export const LOG_RATIO_BOUND = 20;

/** A log-ratio within ±20; its gradient is 0 where the bound acts. */
export function clampLogRatio(logRatio: Tensor): Tensor {
  return logRatio.clamp(-LOG_RATIO_BOUND, LOG_RATIO_BOUND);
}

/** Mean over each sequence's response tokens, [B, T] → [B, 1]; 0 where there is none. */
export function sequenceMean(values: Tensor, mask: Tensor): Tensor {
  return values.mul(mask).sum(1, true).div(mask.sum(1, true).clamp(1, null));
}

/**
 * The log-ratio of whole sequences, length-normalised, at each token: log s = (1/|o|) Σ log ρₜ (GSPO, 2507.18071,
 * eq. 7). The value is the sequence's, the gradient of each token its own (GSPO-token, eq. 14), so that advantages may
 * differ between tokens; where they do not, the gradient is that of s itself.
 */
export function sequenceLogRatio(logprobs: Tensor, logRatio: Tensor, mask: Tensor): Tensor {
  return sequenceMean(logRatio.detach(), mask).add(logprobs.sub(logprobs.detach()));
}

/** Settings of the policy loss `surrogate`. */
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

/**
 * The clipped surrogate of PPO and GRPO, per token, or of GSPO, per sequence:
 * L = −min(ρ Â, clip(ρ, 1−ε_low, 1+ε_high) Â) with ρ = π_θ/π_old (Schulman et al. 2017, eq. 7; DeepSeek-R1 eq. 1).
 *
 * GRPO is the case ε_low = ε_high, DAPO's clip-higher ε_high > ε_low; GSPO takes the length-normalised ratio of the
 * sequence for ρ. Where Â < 0 the loss is unbounded in ρ; the dual clip bounds it by −c Â (Ye et al. 2020), which is
 * also INTELLECT-2's cap on ρ. Values above 1 for ε_low leave the lower side unclipped.
 */
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

/** A recipe's `loss.kl`. */
export const klSchema = z
  .strictObject({
    coefficient: z
      .number()
      .min(0)
      .default(0)
      .describe('β: weight of KL(policy ‖ reference); 0 needs no reference'),
    estimator: z
      .enum(['k1', 'k2', 'k3', 'k3-unbiased'])
      .default('k3')
      .describe('Estimate of that KL; k3-unbiased weighs k3 by the ratio of policies'),
    in: z
      .enum(['loss', 'reward'])
      .default('loss')
      .describe('Added to the loss, or taken off the reward per token'),
    referenceEvery: z
      .number()
      .int()
      .positive()
      .nullable()
      .default(400)
      .describe('Optimiser steps between refreshes of the reference; null keeps the first'),
  })
  .refine((kl) => kl.in === 'loss' || kl.estimator !== 'k3-unbiased', {
    message: 'k3-unbiased is a loss; in the reward use k1',
    path: ['estimator'],
  });

export type KlEstimator = 'k1' | 'k2' | 'k3';

/**
 * KL(π_θ ‖ π_ref) per token from samples of π_θ (Schulman, "Approximating KL divergence"; DeepSeek-R1 eq. 2 is k3).
 *
 * With d = log π_ref − log π_θ:  k1 = −d,  k2 = d²/2,  k3 = eᵈ − d − 1 (never negative). As a loss, k1 has no gradient in
 * expectation and that of k3 is biased; see unbiasedKl.
 *
 * @param logprobs - log π_θ(token), any shape
 * @param reference - log π_ref(token), same shape
 * @returns the estimate per token, differentiable in `logprobs`
 */
export function klPenalty(logprobs: Tensor, reference: Tensor, estimator: KlEstimator): Tensor {
  if (estimator === 'k1') return logprobs.sub(reference);
  if (estimator === 'k2') return logprobs.sub(reference).square().mul(0.5);
  const difference = clampLogRatio(reference.sub(logprobs));
  return difference.exp().sub(difference).sub(1);
}

/**
 * ρ · k3 with ρ = π_θ/π_old: differentiated through ρ too, it has the gradient of the KL itself and holds off policy
 * (DeepSeek-V3.2, arXiv 2512.02556, eq. 7).
 * @param logRatio - log π_θ − log π_old, differentiable
 */
export function unbiasedKl(logprobs: Tensor, reference: Tensor, logRatio: Tensor): Tensor {
  return klPenalty(logprobs, reference, 'k3').mul(logRatio.exp());
}
