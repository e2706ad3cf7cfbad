/**
 * @file What every policy loss takes and gives: log-probabilities × advantages → a loss for each response token.
 *
 * B sequences, T tokens in the longest response. What stands on padding is arbitrary but finite: its weight is 0.
 */
import type { Tensor } from '../tensor/index.ts';

export interface TokenLossInput {
  /** log π_θ(token), differentiable, [B, T] */
  readonly logprobs: Tensor;
  /** log π_θ − log π_old, bounded (see ratio.ts), differentiable, [B, T] */
  readonly logRatio: Tensor;
  /** Â per token, [B, T] */
  readonly advantages: Tensor;
  /** 1 on response tokens, 0 on padding, [B, T] */
  readonly mask: Tensor;
}

export interface TokenLoss {
  /** Loss per token, to be minimised, [B, T] */
  readonly losses: Tensor;
  /** bool [B, T]: tokens on which the upper or the lower clip acted. */
  readonly clippedHigh: Tensor;
  readonly clippedLow: Tensor;
}
