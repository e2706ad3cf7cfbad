/**
 * @file Format reward (R1-Zero): 1 for `<think> … </think> <answer> … </answer>` and a response that ended by itself.
 *
 * What the format is, is said in one place: `hasR1ZeroFormat`.
 */
import { z } from 'zod';
import type { Completion } from '../records.ts';
import { hasR1ZeroFormat } from '../text/thinking.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Knobs of the reward `format`. */
export const formatSchema = z.strictObject({
  prefilled: z
    .boolean()
    .default(false)
    .describe('Whether the prompt template already opens <think>, so that the response must not'),
});

/** The format reward. */
export function formatReward(options: z.output<typeof formatSchema>): Reward {
  return {
    name: 'format',
    score: ({ text, finish }: Completion) => (finish === 'stop' && hasR1ZeroFormat(text, options) ? 1 : 0),
  };
}

export const format = defineReward({
  name: 'format',
  about: '1 for the R1-Zero format, else 0',
  says: 'form',
  schema: formatSchema,
  create: formatReward,
});
