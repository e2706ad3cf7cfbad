/**
 * @file Soft overlong penalty (DAPO, arXiv 2503.14476, equation 13): 0 up to a length, then falling to −1 at the limit.
 *
 * Lengths are response tokens, the end of sequence included.
 */
import { z } from 'zod';
import type { Completion } from '../records.ts';
import type { Reward } from './reward.ts';

/** Knobs of the reward `length`. */
export const lengthSchema = z
  .strictObject({
    limit: z.number().int().positive().describe('Length in tokens from which the penalty is −1'),
    margin: z
      .number()
      .int()
      .positive()
      .describe('Last tokens before the limit over which it falls from 0 to −1'),
  })
  .refine(({ limit, margin }) => margin <= limit, {
    message: 'margin must not be above limit',
    path: ['margin'],
  });

/** The soft overlong penalty, −1..0. */
export function lengthReward({ limit, margin }: z.output<typeof lengthSchema>): Reward {
  return {
    name: 'length',
    score({ tokens }: Completion) {
      const over = tokens.length - (limit - margin);
      return over <= 0 ? 0 : -Math.min(1, over / margin);
    },
  };
}
