/**
 * @file Interface of a policy loss: log-probabilities × advantages → a loss for each response token.
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
