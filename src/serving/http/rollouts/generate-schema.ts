/**
 * @file Bodies of `POST /generate`: the part of SGLang's native API that a trainer needs
 * (docs.sglang.io/basic_usage/native_api, `GenerateReqInput` and `SamplingParams`).
 */
import { z } from 'zod';
import { tokenIdsSchema } from '../completion-prompt.ts';

const word = z.int().min(0).max(0xffff_ffff);

export const generateRequestSchema = z
  .object({
    input_ids: tokenIdsSchema,
    sampling_params: z.object({
      temperature: z.number().min(0).default(1),
      top_p: z.number().gt(0).max(1).default(1),
      top_k: z.int().min(-1).default(-1).describe('0 and -1 keep all'),
      max_new_tokens: z.int().min(1).default(128),
      stop_token_ids: z
        .array(z.int().min(0))
        .nullish()
        .describe('Tokens that end the response; the tokenizer’s unless given'),
      ignore_eos: z
        .boolean()
        .default(false)
        .describe(
          'With true the tokens in stop_token_ids alone end the response; in SGLang they do not either',
        ),
      sampling_seed: z.int().nullish(),
      random_state: z
        .tuple([word, word, word, word])
        .nullish()
        .describe('State of the random stream (sfc32) that the response draws from; not in SGLang'),
    }),
    return_logprob: z.boolean().default(false).describe('Log-probabilities are sent with either'),
    stream: z.literal(false, 'stream is not supported: the response is sent whole').default(false),
  })
  .meta({ id: 'GenerateRequest' });

const finishSchema = z.union([
  z.object({ type: z.literal('stop'), matched: z.int() }),
  z.object({ type: z.literal('length'), length: z.int() }),
]);

export const generateReplySchema = z
  .object({
    text: z.string(),
    output_ids: z.array(z.int()),
    meta_info: z.object({
      id: z.string(),
      finish_reason: finishSchema,
      prompt_tokens: z.int(),
      completion_tokens: z.int(),
      cached_tokens: z.int(),
      weight_version: z.string().describe('Of the weights that sampled it; "default" are those of the start'),
      output_token_logprobs: z
        .array(z.tuple([z.number(), z.int(), z.null()]))
        .describe(
          'Log-probability at the sampling temperature, before top-k and top-p; token id; no text, as in SGLang',
        ),
    }),
  })
  .meta({ id: 'GenerateReply' });

export type GenerateReply = z.output<typeof generateReplySchema>;
