/** @file The body of `POST /chat/completions`. Fields not named here are passed over, as both APIs do. */
import { z } from 'zod';
import { messageSchema } from './message-schema.ts';
import { replyFields, samplingFields } from './request-fields.ts';

const functionName = z.string().regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -');
const jsonSchema = z.record(z.string(), z.unknown()).describe('A JSON schema');

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: functionName,
    description: z.string().nullish(),
    parameters: jsonSchema.nullish(),
    strict: z.boolean().nullish(),
  }),
});

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.object({ type: z.literal('function'), function: z.object({ name: functionName }) }),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: z.string().nullish(),
      description: z.string().nullish(),
      strict: z.boolean().nullish(),
      schema: jsonSchema,
    }),
  }),
]);

/** What only the server may tell a template. */
const RESERVED = ['messages', 'tools', 'add_generation_prompt', 'bos_token', 'eos_token'];

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'] as const;

const maxTokens = z.int().min(1).nullish();

export const chatRequestSchema = z
  .object({
    model: z.string().min(1),
    messages: z.array(messageSchema).min(1),
    max_tokens: maxTokens.describe('What it counts depends on the era'),
    max_completion_tokens: maxTokens.describe('OpenAI’s newer name of max_tokens'),
    max_thinking_tokens: z.int().min(0).nullish().describe('The thought is closed after as many tokens'),
    ...samplingFields,
    ...replyFields,
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    response_format: responseFormat.nullish(),
    tools: z.array(tool).max(128).nullish(),
    tool_choice: toolChoice.nullish(),
    thinking: z.object({ type: z.enum(['enabled', 'disabled']) }).nullish(),
    reasoning_effort: z.enum(EFFORTS).nullish(),
    chat_template_kwargs: z
      .record(z.string(), z.unknown())
      .refine(
        (variables) => RESERVED.every((one) => !Object.hasOwn(variables, one)),
        `${RESERVED.join(', ')} are the server’s`,
      )
      .nullish()
      .describe('Further variables for the chat template'),
    continue_final_message: z.boolean().nullish().describe('Go on with the last message, the assistant’s'),
  })
  .meta({ id: 'ChatCompletionRequest' });

export type ChatRequest = z.output<typeof chatRequestSchema>;
