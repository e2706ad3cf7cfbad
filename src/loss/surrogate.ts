/**
 * @file The clipped surrogate of PPO and GRPO, per token.
 *
 * L = −min(ρ Â, clip(ρ, 1−ε_low, 1+ε_high) Â) with ρ = π_θ/π_old (Schulman et al. 2017, eq. 7; DeepSeek-R1 eq. 1).
 * GRPO is the case ε_low = ε_high, DAPO's clip-higher ε_high > ε_low. Where Â < 0 the loss is unbounded in ρ; the
 * dual clip bounds it by −c Â (Ye et al. 2020). Values above 1 for ε_low leave the lower side unclipped.
 */
import { type Tensor, where } from '../tensor/index.ts';
import { clampLogRatio } from './ratio.ts';

export interface ClipRange {
  readonly low: number;
  readonly high: number;
  /** c > 1 of the dual clip; none unless given. */
  readonly dual?: number;
}

export interface SurrogateInput {
  /** log π_θ(token), differentiable, [B, T] */
  readonly logprobs: Tensor;
  /** log π_old(token), [B, T] */
  readonly oldLogprobs: Tensor;
  /** Â per token, [B, T] */
  readonly advantages: Tensor;
}

export interface Surrogate {
  /** Loss per token, [B, T] */
  readonly losses: Tensor;
  /** log π_θ − log π_old, [B, T] */
  readonly logRatio: Tensor;
  /** bool [B, T]: tokens whose gradient the upper (Â > 0) or lower (Â < 0) clip removed. */
  readonly clippedHigh: Tensor;
  readonly clippedLow: Tensor;
}

export function clippedSurrogate(input: SurrogateInput, clip: ClipRange): Surrogate {
  const { logprobs, oldLogprobs, advantages } = input;
  const logRatio = clampLogRatio(logprobs.sub(oldLogprobs));
  const ratio = logRatio.exp();
  const unclipped = advantages.mul(ratio).neg();
  const clipped = advantages.mul(ratio.clamp(1 - clip.low, 1 + clip.high)).neg();
  const pessimistic = unclipped.maximum(clipped);
  const removed = clipped.detach().gt(unclipped.detach());
  const negative = advantages.lt(0);
  return {
    losses: clip.dual === undefined ? pessimistic : dualClip(pessimistic, advantages, negative, clip.dual),
    logRatio: logRatio.detach(),
    clippedHigh: removed.logicalAnd(negative.logicalNot()),
    clippedLow: removed.logicalAnd(negative),
  };
}

function dualClip(losses: Tensor, advantages: Tensor, negative: Tensor, bound: number): Tensor {
  return where(negative, losses.minimum(advantages.mul(-bound)), losses);
}
