/**
 * @file The critic's loss with clipping (PPO): ½ max((V − R)², (clip(V, V_old ± ε) − R)²) per token.
 */
import type { Tensor } from '../../torch/index.ts';

export interface ValueLossInput {
  /** V(token), differentiable, [B, T] */
  readonly values: Tensor;
  /** V when the rollout was sampled, [B, T] */
  readonly oldValues: Tensor;
  /** What V should have been, see advantage/gae.ts, [B, T] */
  readonly returns: Tensor;
}

export interface ValueLoss {
  /** [B, T] */
  readonly losses: Tensor;
  /** bool [B, T]: tokens on which the clipped value was the worse one. */
  readonly clipped: Tensor;
}

/** @param clip - ε; Infinity for the plain squared error */
export function valueLoss({ values, oldValues, returns }: ValueLossInput, clip: number): ValueLoss {
  const near = oldValues.add(values.sub(oldValues).clamp(-clip, clip));
  const plain = values.sub(returns).square();
  const clipped = near.sub(returns).square();
  return { losses: plain.maximum(clipped).mul(0.5), clipped: clipped.detach().gt(plain.detach()) };
}
