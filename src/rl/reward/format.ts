/**
 * @file Format reward (R1-Zero): 1 for `<think> … </think> <answer> … </answer>` and a response that ended by itself.
 *
 * The format is defined by `ReadResponse.r1Zero`. Where the prompt template opens the thought, the response must not.
 */
import { z } from 'zod';
import type { Completion } from '../../records.ts';
import { DEFAULT_TAGS } from '../../text/index.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Settings of the reward `format`. */
export const formatSchema = z.strictObject({
  thought: z
    .enum(['any', 'present'])
    .default('any')
    .describe('`present`: an empty thought breaks the format, so that it cannot be earned without thinking'),
});

/** The format reward. */
export function formatReward({ thought }: z.output<typeof formatSchema>): Reward {
  return {
    name: 'format',
    score({ response, finish }: Completion) {
      const thinks = thought === 'any' || (response.thought ?? '') !== '';
      return finish === 'stop' && response.r1Zero && thinks ? 1 : 0;
    },
  };
}

export const format = defineReward({
  name: 'format',
  about: '1 for the R1-Zero format, else 0',
  says: 'form',
  schema: formatSchema,
  writes(opened) {
    const { thinkOpen, ...others } = DEFAULT_TAGS;
    return [...(opened ? [] : [thinkOpen]), ...Object.values<string>(others)];
  },
  create: formatReward,
});
