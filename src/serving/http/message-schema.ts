/** @file The messages of a chat request, as OpenAI's and DeepSeek's APIs have them. */
import { z } from 'zod';

const textPart = z.object({
  type: z.literal('text', {
    error: ({ input }) =>
      input === undefined
        ? 'expected "text"'
        : `the served models read text only, not parts of type ${JSON.stringify(input).slice(0, 40)}`,
  }),
  text: z.string(),
});

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
  tool_calls: z.array(toolCall).max(128).nullish(),
  prefix: z.boolean().nullish().describe('Only on the last message: go on with this text'),
  name,
});
const tool = z.object({
  role: z.literal('tool'),
  content,
  tool_call_id: z.string().min(1).describe('The call this is the result of'),
  name,
});

export const messageSchema = z
  .discriminatedUnion('role', [instruction, user, assistant, tool])
  .meta({ id: 'ChatMessage' });

export type RequestMessage = z.output<typeof messageSchema>;
export type AssistantMessage = Extract<RequestMessage, { role: 'assistant' }>;
export type Content = z.output<typeof content>;
