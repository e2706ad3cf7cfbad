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

/** Settings of the reward `format`: none. */
export const formatSchema = z.strictObject({});

/** The format reward. */
export function formatReward(): Reward {
  return {
    name: 'format',
    score: ({ response, finish }: Completion) => (finish === 'stop' && response.r1Zero ? 1 : 0),
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
