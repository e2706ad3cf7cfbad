/**
 * @file The policy loss of one micro-batch: surrogate + β KL, weighted per token, with what is worth watching.
 */
import { scope, type Tensor } from '../tensor/index.ts';
import { type KlEstimator, klPenalty } from './kl.ts';
import { type ClipRange, clippedSurrogate, type SurrogateInput } from './surrogate.ts';

export interface PolicyLossInput extends SurrogateInput {
  /** Weight of each token in the loss of the whole step: 0 on padding, see aggregate.ts. [B, T] */
  readonly weights: Tensor;
  /** 1 on response tokens, 0 on padding. [B, T] */
  readonly mask: Tensor;
  /** log π_ref(token), needed where β > 0. [B, T] */
  readonly referenceLogprobs?: Tensor;
}

export interface PolicyLossOptions {
  readonly clip: ClipRange;
  readonly klCoefficient: number;
  readonly klEstimator: KlEstimator;
}

/** Sums over the micro-batch's tokens; divide by `tokens` for means. */
export interface PolicyStatistics {
  readonly tokens: number;
  readonly clippedHigh: number;
  readonly clippedLow: number;
  /** Σ (log π_old − log π_θ): an estimate of KL(π_old ‖ π_θ). */
  readonly approximateKl: number;
  /** Σ |log π_old − log π_θ|: sampler/trainer distance where the weights are the same. */
  readonly distance: number;
  /** Σ KL(π_θ ‖ π_ref), 0 without a reference. */
  readonly kl: number;
}

/** The scalar to backpropagate: its sum over the micro-batches of a step is the step's loss. */
export function policyLoss(
  input: PolicyLossInput,
  options: PolicyLossOptions,
): { loss: Tensor; statistics: PolicyStatistics } {
  return scope(() => {
    const surrogate = clippedSurrogate(input, options.clip);
    const loss = surrogate.losses.mul(input.weights).sum();
    const masked = (values: Tensor): Tensor => values.mul(input.mask).sum();
    const reference = input.referenceLogprobs;
    const kl = reference ? klPenalty(input.logprobs, reference, options.klEstimator) : null;
    return {
      loss: kl === null ? loss : loss.add(kl.mul(input.weights).sum().mul(options.klCoefficient)),
      statistics: {
        tokens: input.mask.sum().item(),
        clippedHigh: masked(surrogate.clippedHigh).item(),
        clippedLow: masked(surrogate.clippedLow).item(),
        approximateKl: -masked(surrogate.logRatio).item(),
        distance: masked(surrogate.logRatio.abs()).item(),
        kl: kl === null ? 0 : masked(kl.detach()).item(),
      },
    };
  });
}
