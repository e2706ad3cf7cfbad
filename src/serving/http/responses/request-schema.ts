/**
 * @file The body of `POST /responses`, as OpenAI's API has it: instructions and items instead of messages. Unknown fields
 * are ignored.
 */
import { z } from 'zod';
import { EFFORTS } from '../chat-generation.ts';
import { functionName, jsonSchema, templateVariablesField, textPartOf } from '../chat-schema.ts';
import { replyFields, samplingFields } from '../request-fields.ts';

const message = z.object({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([z.string(), z.array(textPartOf('input_text', 'output_text', 'text')).max(4096)]),
});

const functionCall = z.object({
  type: z.literal('function_call'),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string().describe('JSON text'),
});

const functionCallOutput = z.object({
  type: z.literal('function_call_output'),
  call_id: z.string().min(1).describe('Id of the call that this is the result of'),
  output: z.union([z.string(), z.array(textPartOf('input_text', 'output_text', 'text')).max(4096)]),
});

const reasoning = z.object({
  type: z.literal('reasoning'),
  summary: z.array(z.object({ type: z.literal('summary_text'), text: z.string() })).nullish(),
  content: z
    .array(z.object({ type: z.literal('reasoning_text'), text: z.string() }))
    .nullish()
    .describe('The thought of that turn; if left out, the summary counts as the thought'),
});

export const itemSchema = z
  .discriminatedUnion('type', [message, functionCall, functionCallOutput, reasoning], {
    error: ({ input }) => {
      const type = (input as { readonly type?: unknown } | null)?.type;
      if (type === 'item_reference') {
        return 'responses are not stored here: send the item itself (with store: false, clients do)';
      }
      return `items of type ${JSON.stringify(type)?.slice(0, 40)} cannot be read here`;
    },
  })
  .meta({ id: 'ResponseInputItem' });

export type InputItem = z.output<typeof itemSchema>;

const tool = z.object({
  type: z.literal('function', {
    error: ({ input }) => `only functions can be called here, not ${JSON.stringify(input)?.slice(0, 40)}`,
  }),
  name: functionName,
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
  strict: z.boolean().nullish(),
});

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.object({ type: z.literal('function'), name: functionName }),
]);

const textFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    name: z.string().nullish(),
    description: z.string().nullish(),
    strict: z.boolean().nullish(),
    schema: jsonSchema,
  }),
]);

const NOT_STORED = 'responses are not stored here: send all items of the conversation in input';
const unset = (why: string) => z.null(why).optional();

export const responsesRequestSchema = z
  .object({
    model: z.string().min(1),
    input: z
      .union([z.string(), z.array(itemSchema).min(1)])
      .describe('A question, or the conversation so far'),
    instructions: z.string().nullish().describe('The system message, before all others'),
    max_output_tokens: z.int().min(1).nullish().describe('Thought and answer together'),
    max_thinking_tokens: z
      .int()
      .min(0)
      .nullish()
      .describe('The thought is closed after this number of tokens'),
    ...samplingFields,
    stop: replyFields.stop,
    stream: replyFields.stream,
    text: z.object({ format: textFormat.nullish() }).nullish(),
    tools: z.array(tool).max(128).nullish(),
    tool_choice: toolChoice.nullish(),
    reasoning: z.object({ effort: z.enum(EFFORTS).nullish() }).nullish(),
    include: z.array(z.string()).nullish().describe('message.output_text.logprobs; others are ignored'),
    top_logprobs: z.int().min(0).max(20).nullish(),
    chat_template_kwargs: templateVariablesField,
    metadata: z.record(z.string(), z.string()).nullish().describe('Returned unchanged'),
    previous_response_id: unset(NOT_STORED),
    conversation: unset(NOT_STORED),
    prompt: unset('prompts are not stored here: send the text in instructions and input'),
    background: z.literal(false, 'background responses are not supported: stream instead').nullish(),
    store: z.boolean().nullish().describe('Nothing is stored, whatever this says'),
  })
  .meta({ id: 'ResponseRequest' });

export type ResponsesRequest = z.output<typeof responsesRequestSchema>;
