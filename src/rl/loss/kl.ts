/**
 * @file KL(π_θ ‖ π_ref) per token from samples of π_θ (Schulman, "Approximating KL divergence"), and its settings.
 *
 * With d = log π_ref − log π_θ:  k1 = −d,  k2 = d²/2,  k3 = eᵈ − d − 1 (GRPO's, never negative).
 *
 * As a loss, k1 has no gradient in expectation and that of k3 is biased; ρ · k3 with ρ = π_θ/π_old, differentiated
 * through ρ too, has the gradient of the KL itself and holds off policy (DeepSeek-V3.2, arXiv 2512.02556, eq. 7).
 */
import { z } from 'zod';
import type { Tensor } from '../../torch/index.ts';
import { clampLogRatio } from './token-loss.ts';

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

/** k3 weighted by the ratio; `logRatio` is log π_θ − log π_old, differentiable. */
export function unbiasedKl(logprobs: Tensor, reference: Tensor, logRatio: Tensor): Tensor {
  return klPenalty(logprobs, reference, 'k3').mul(logRatio.exp());
}
