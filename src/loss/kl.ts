/**
 * @file Per-token estimates of KL(π_θ ‖ π_ref) from samples of π_θ (Schulman, "Approximating KL divergence").
 *
 * With d = log π_ref − log π_θ:  k1 = −d,  k2 = d²/2,  k3 = eᵈ − d − 1 (GRPO's, never negative).
 */
import type { Tensor } from '../tensor/index.ts';
import { clampLogRatio } from './ratio.ts';

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
