/** @file The body of `POST /v1/completions`: text that is gone on with, without a chat template. */
import { z } from 'zod';
import { replyFields, samplingFields } from './request-fields.ts';

export const completionRequestSchema = z
  .object({
    model: z.string().min(1),
    prompt: z
      .union([z.string(), z.array(z.string()).min(1).max(64)])
      .describe('One text or several; token ids are not taken'),
    max_tokens: z.int().min(1).nullish().describe('16 when left out'),
    ...samplingFields,
    ...replyFields,
    logprobs: z.int().min(0).max(20).nullish().describe('Alternatives to report for each token'),
    control_tokens: z
      .boolean()
      .nullish()
      .describe('Read control tokens in the prompt as such; otherwise they are letters'),
    echo: z.literal(false, 'echo is not supported: the prompt is not sent back').nullish(),
    suffix: z.literal('', 'suffix is not supported: text is only gone on with').nullish(),
    best_of: z.literal(1, 'best_of is not supported; ask for n replies').nullish(),
  })
  .meta({ id: 'CompletionRequest' });

export type CompletionRequest = z.output<typeof completionRequestSchema>;
