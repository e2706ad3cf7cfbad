/**
 * @file Importance weights between sampler and trainer: π_trainer/π_sampler of the policy that sampled.
 *
 * Two programs of the same weights disagree a little (kernels, precision), which makes training off-policy without
 * knowing it. The weight w is bounded, min(w, C) (TIS, Yao et al. 2025), or set to 0 outside [C_min, C_max] (MIS,
 * IcePop), of each token or of the whole response, Π w. It multiplies the policy loss and carries no gradient.
 */
import { z } from 'zod';
import type { Tensor } from '../../torch/index.ts';
import { clampLogRatio } from './terms.ts';

const level = z
  .enum(['token', 'sequence'])
  .default('token')
  .describe('Weight of each token, or their product');

/** A recipe's `loss.samplerCorrection`. */
export const importanceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('truncate'),
    level,
    max: z.number().positive().default(2).describe('C: larger weights count as this'),
  }),
  z.strictObject({
    kind: z.literal('mask'),
    level,
    min: z.number().min(0).default(0).describe('C_min: smaller weights become 0'),
    max: z.number().positive().default(3).describe('C_max: larger weights become 0'),
  }),
]);

export type ImportanceConfig = z.output<typeof importanceSchema>;

export interface ImportanceWeights {
  /** [B, T], no gradient */
  readonly weights: Tensor;
  /** bool [B, T]: tokens whose weight the bound changed. */
  readonly bounded: Tensor;
}

/**
 * @param trainer - log π(token) by the trainer, of the policy that sampled, [B, T]
 * @param sampler - the sampler's log-probabilities, [B, T]
 * @param mask - 1 on response tokens, [B, T]
 */
export function importanceWeights(
  trainer: Tensor,
  sampler: Tensor,
  mask: Tensor,
  config: ImportanceConfig,
): ImportanceWeights {
  const difference = trainer.sub(sampler).detach().mul(mask);
  const whole = config.level === 'sequence' ? difference.sum(1, true).expand(difference.shape) : difference;
  const weights = clampLogRatio(whole).exp();
  const above = weights.gt(config.max);
  if (config.kind === 'truncate') return { weights: weights.clamp(null, config.max), bounded: above };
  const bounded = above.logicalOr(weights.lt(config.min));
  return { weights: weights.maskedFill(bounded, 0), bounded };
}
