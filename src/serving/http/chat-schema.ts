/**
 * @file The body of `POST /chat/completions` and its messages, as OpenAI's and DeepSeek's APIs have them. Unknown fields
 * are ignored, as both APIs do.
 */
import { z } from 'zod';
import { THINKING_SWITCHES } from '../../text/index.ts';
import { EFFORTS } from './chat-generation.ts';
import { replyFields, samplingFields } from './request-fields.ts';

/** A part of text. @param types - the names that an API has for it */
export function textPartOf<const T extends string>(...types: [T, ...T[]]) {
  const error = ({ input }: { readonly input?: unknown }): string =>
    input === undefined
      ? `expected ${types.map((type) => JSON.stringify(type)).join(' or ')}`
      : `the served models read text only, not parts of type ${JSON.stringify(input).slice(0, 40)}`;
  return z.object({ type: z.literal(types, { error }), text: z.string() });
}

const textPart = textPartOf('text');

const content = z.union([z.string(), z.array(textPart).max(4096)]).describe('Text, or parts of text');
const name = z.string().nullish().describe('Name of the participant; goes to the chat template');

const toolCall = z.object({
  id: z.string().min(1),
  type: z.literal('function').default('function'),
  function: z.object({ name: z.string().min(1), arguments: z.string().describe('JSON text') }),
});

const instruction = z.object({
  role: z.literal(['system', 'developer']).describe('`developer` is read as `system`'),
  content,
  name,
});
const user = z.object({ role: z.literal('user'), content, name });
const assistant = z.object({
  role: z.literal('assistant'),
  content: content.nullish(),
  reasoning_content: z
    .string()
    .nullish()
    .describe('The thought of that turn; what it does depends on the era'),
  reasoning: z
    .string()
    .nullish()
    .describe('Another name of reasoning_content, in the eras `thinking` and `open`; the first counts'),
  tool_calls: z.array(toolCall).max(128).nullish(),
  prefix: z.boolean().nullish().describe('Only on the last message: the reply continues it'),
  name,
});
const toolResult = z.object({
  role: z.literal('tool'),
  content,
  tool_call_id: z.string().min(1).describe('Id of the call that this is the result of'),
  name,
});

export const messageSchema = z
  .discriminatedUnion('role', [instruction, user, assistant, toolResult])
  .meta({ id: 'ChatMessage' });

export type RequestMessage = z.output<typeof messageSchema>;
export type AssistantMessage = Extract<RequestMessage, { role: 'assistant' }>;
export type Content = z.output<typeof content>;

export const functionName = z.string().regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -');
export const jsonSchema = z.record(z.string(), z.unknown()).describe('A JSON schema');

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

/** Variables for the chat template beside those that the server sets. */
export const templateVariablesField = z
  .looseObject(Object.fromEntries(THINKING_SWITCHES.map((one) => [one, z.boolean().nullish()])))
  .refine(
    (variables) => RESERVED.every((one) => !Object.hasOwn(variables, one)),
    `${RESERVED.join(', ')} are the server’s`,
  )
  .nullish()
  .describe(
    'Further variables for the chat template; enable_thinking and thinking mean what `thinking` does',
  );

const maxTokens = z.int().min(1).nullish();

export const chatRequestSchema = z
  .object({
    model: z.string().min(1),
    messages: z.array(messageSchema).min(1),
    max_tokens: maxTokens.describe('Maximum number of tokens; which tokens it counts depends on the era'),
    max_completion_tokens: maxTokens.describe('OpenAI’s newer name of max_tokens'),
    max_thinking_tokens: z
      .int()
      .min(0)
      .nullish()
      .describe('The thought is closed after this number of tokens'),
    ...samplingFields,
    ...replyFields,
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    response_format: responseFormat.nullish(),
    tools: z.array(tool).max(128).nullish(),
    tool_choice: toolChoice.nullish(),
    thinking: z
      .object({
        type: z.enum(['enabled', 'disabled']),
        budget_tokens: z
          .int()
          .min(0)
          .nullish()
          .describe('Another name of max_thinking_tokens; if both are given, the smaller counts'),
      })
      .nullish(),
    reasoning_effort: z.enum(EFFORTS).nullish(),
    chat_template_kwargs: templateVariablesField,
    continue_final_message: z
      .boolean()
      .nullish()
      .describe('The reply continues the last message, which must be the assistant’s'),
  })
  .meta({ id: 'ChatCompletionRequest' });

export type ChatRequest = z.output<typeof chatRequestSchema>;
