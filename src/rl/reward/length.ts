/**
 * @file Soft overlong penalty (DAPO, arXiv 2503.14476, equation 13): 0 up to a length, then falling to −1 at the limit.
 *
 * Lengths are response tokens, the end of sequence included.
 */
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Completion } from '../../records.ts';
import { defineReward } from './definition.ts';
import type { Reward, RewardContext } from './reward.ts';

/** Settings of the reward `length`. */
export const lengthSchema = z
  .strictObject({
    limit: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Length in tokens from which the penalty is −1; the longest response sampled unless given'),
    margin: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Last tokens before the limit over which it falls from 0 to −1; a fifth of it unless given'),
  })
  .refine(({ limit = Infinity, margin = 0 }) => margin <= limit, {
    message: 'margin must not be above limit',
    path: ['margin'],
  });

/** Margin over limit in the paper: 4,096 of 20,480 tokens. */
const MARGIN = 1 / 5;

/**
 * The soft overlong penalty, −1..0.
 * @throws UsageError where neither the settings nor the stage name a limit
 */
export function lengthReward(
  options: z.output<typeof lengthSchema>,
  { maxTokens }: RewardContext = {},
): Reward {
  const limit = options.limit ?? maxTokens;
  if (limit === undefined) {
    throw new UsageError('reward "length": no `limit`', 'Give the length in tokens from which it is −1.');
  }
  const margin = options.margin ?? Math.ceil(limit * MARGIN);
  return {
    name: 'length',
    score({ tokens }: Completion) {
      const over = tokens.length - (limit - margin);
      return over <= 0 ? 0 : -Math.min(1, over / margin);
    },
  };
}

export const length = defineReward({
  name: 'length',
  about: 'Soft penalty for overlong responses, −1..0',
  says: 'form',
  schema: lengthSchema,
  create: lengthReward,
});
