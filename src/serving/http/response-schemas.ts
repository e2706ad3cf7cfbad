/** @file The bodies of responses, for the API's description; tests hold every reply against them. */
import { z } from 'zod';
import { ERAS } from './eras.ts';

const tokenFields = {
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int()).nullable(),
};

const tokenLogprob = z
  .strictObject({ ...tokenFields, top_logprobs: z.array(z.strictObject(tokenFields)) })
  .meta({ id: 'TokenLogprob' });

const chatLogprobs = z
  .strictObject({
    content: z.array(tokenLogprob).nullable(),
    reasoning_content: z.array(tokenLogprob).nullable(),
  })
  .nullable();

const textLogprobs = z
  .strictObject({
    tokens: z.array(z.string()),
    token_logprobs: z.array(z.number().nullable()).describe('null for the first token of an echoed prompt'),
    top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
    text_offset: z.array(z.int()),
  })
  .nullable();

export const usageSchema = z
  .strictObject({
    prompt_tokens: z.int(),
    completion_tokens: z.int().describe('Thought included'),
    total_tokens: z.int(),
    prompt_tokens_details: z.strictObject({ cached_tokens: z.int() }),
    completion_tokens_details: z.strictObject({ reasoning_tokens: z.int() }),
    prompt_cache_hit_tokens: z.int(),
    prompt_cache_miss_tokens: z.int(),
  })
  .meta({ id: 'Usage' });

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'insufficient_system_resource']);

const toolCall = z
  .strictObject({
    index: z.int(),
    id: z.string(),
    type: z.literal('function'),
    function: z.strictObject({ name: z.string(), arguments: z.string() }),
  })
  .meta({ id: 'ToolCall' });

const head = {
  id: z.string(),
  created: z.int(),
  model: z.string().describe('The name the request used'),
  system_fingerprint: z.string(),
};

export const chatCompletionSchema = z
  .strictObject({
    ...head,
    object: z.literal('chat.completion'),
    choices: z.array(
      z.strictObject({
        index: z.int(),
        message: z.strictObject({
          role: z.literal('assistant'),
          content: z.string(),
          reasoning_content: z.string().nullable().optional(),
          tool_calls: z.array(toolCall).optional(),
        }),
        logprobs: chatLogprobs,
        finish_reason: finishReason,
      }),
    ),
    usage: usageSchema,
  })
  .meta({ id: 'ChatCompletion' });

const callDelta = z.strictObject({
  index: z.int(),
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.strictObject({ name: z.string().optional(), arguments: z.string() }),
});

export const chatChunkSchema = z
  .strictObject({
    ...head,
    object: z.literal('chat.completion.chunk'),
    choices: z.array(
      z.strictObject({
        index: z.int(),
        delta: z.strictObject({
          role: z.literal('assistant').optional(),
          content: z.string().nullable().optional(),
          reasoning_content: z.string().nullable().optional(),
          tool_calls: z.array(callDelta).optional(),
        }),
        logprobs: chatLogprobs,
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: usageSchema.nullable(),
  })
  .meta({ id: 'ChatCompletionChunk' });

export const completionSchema = z
  .strictObject({
    ...head,
    object: z.literal('text_completion'),
    choices: z.array(
      z.strictObject({
        text: z.string(),
        index: z.int(),
        logprobs: textLogprobs,
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: usageSchema.nullable(),
  })
  .meta({ id: 'Completion' });

export const modelSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('model'),
    created: z.int(),
    owned_by: z.string(),
    root: z.string().optional().describe('The served model that this name means'),
    context_length: z.int(),
    parameters: z.int(),
    architecture: z.string(),
    dtype: z.string(),
    device: z.string(),
    examples: z.array(z.string()).describe('Questions that fit the model'),
    state: z.enum(['starting', 'ready', 'restarting']),
  })
  .meta({ id: 'Model' });

export const modelListSchema = z
  .strictObject({ object: z.literal('list'), data: z.array(modelSchema) })
  .meta({ id: 'ModelList' });

export const healthSchema = z
  .strictObject({
    status: z.enum(['ready', 'starting', 'draining', 'unavailable']),
    models: z.array(z.strictObject({ id: z.string(), state: z.string() })),
  })
  .meta({ id: 'Health' });

export const serverSchema = z
  .strictObject({
    name: z.literal('aha'),
    version: z.string(),
    era: z.enum(ERAS),
    keyRequired: z.boolean(),
  })
  .meta({ id: 'Server' });

export const errorSchema = z
  .strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
    }),
  })
  .meta({ id: 'Error' });
