/** @file Fields that chat and text completions share. Both APIs take `null` for a field that is left out. */
import { z } from 'zod';

const penalty = z.number().min(-2).max(2).nullish();

export const samplingFields = {
  temperature: z.number().min(0).max(2).nullish().describe('0 is greedy; 0.6 when left out'),
  top_p: z.number().gt(0).max(1).nullish().describe('0.95 when left out'),
  top_k: z.int().min(-1).nullish().describe('Most probable tokens to choose from; 0 and -1 keep all'),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  logit_bias: z
    .record(z.string().regex(/^\d+$/, 'expected token ids as names'), z.number().min(-100).max(100))
    .refine((bias) => Object.keys(bias).length <= 1024, 'expected at most 1024 tokens')
    .nullish(),
  seed: z
    .int()
    .nullish()
    .describe('The same seed gives the same reply on the same machine, as far as numerics allow'),
};

const stopString = z.string().min(1).max(1024);

export const replyFields = {
  n: z.int().min(1).max(128).nullish().describe('Replies to the one prompt'),
  stop: z.union([stopString, z.array(stopString).max(16)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
};
