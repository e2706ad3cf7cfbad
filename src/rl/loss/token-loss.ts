/**
 * @file What every policy loss takes and gives: log-probabilities × advantages → a loss for each response token;
 * and log-ratios of policies, bounded so that their exponential stays finite.
 *
 * B sequences, T tokens in the longest response. What stands on padding is arbitrary but finite: its weight is 0.
 */
import type { z } from 'zod';
import type { Tensor } from '../../torch/index.ts';

export interface TokenLossInput {
  /** log π_θ(token), differentiable, [B, T] */
  readonly logprobs: Tensor;
  /** log π_θ − log π_old, bounded by clampLogRatio, differentiable, [B, T] */
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

/** A policy loss: its settings, with its name as `kind`, and its function. */
export interface PolicyLossDefinition<Schema extends PolicyLossSchema = PolicyLossSchema> {
  readonly schema: Schema;
  /** Whether the loss is of whole sequences, so that `seq-mean-token-mean` is the aggregation it is defined with. */
  perSequence(settings: z.output<Schema>): boolean;
  compute(input: TokenLossInput, settings: z.output<Schema>): TokenLoss;
}

export type PolicyLossSchema = z.ZodObject<{ readonly kind: z.ZodLiteral<string> }, z.core.$strict>;

/** A definition with the exact type of its settings. */
export function definePolicyLoss<Schema extends PolicyLossSchema>(
  definition: PolicyLossDefinition<Schema>,
): PolicyLossDefinition<Schema> {
  return definition;
}

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
