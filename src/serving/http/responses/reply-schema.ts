/** @file A response and the events of its stream, for the API's description; tests hold every reply against them. */
import { z } from 'zod';

const tokenFields = { token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullable() };
const logprobs = z.array(
  z.strictObject({ ...tokenFields, top_logprobs: z.array(z.strictObject(tokenFields)) }),
);
const status = z.enum(['in_progress', 'completed', 'incomplete']);

const summaryPart = z.strictObject({ type: z.literal('summary_text'), text: z.string() });
const outputPart = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs,
});

const item = z
  .discriminatedUnion('type', [
    z.strictObject({
      id: z.string(),
      type: z.literal('reasoning'),
      status,
      summary: z.array(summaryPart).describe('The thought'),
      content: z
        .array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() }))
        .describe('The same'),
      encrypted_content: z.string().describe('A placeholder'),
    }),
    z.strictObject({
      id: z.string(),
      type: z.literal('message'),
      status,
      role: z.literal('assistant'),
      content: z.array(outputPart),
    }),
    z.strictObject({
      id: z.string(),
      type: z.literal('function_call'),
      status,
      call_id: z.string(),
      name: z.string(),
      arguments: z.string(),
    }),
  ])
  .meta({ id: 'ResponseItem' });

const usage = z.strictObject({
  input_tokens: z.int(),
  input_tokens_details: z.strictObject({ cached_tokens: z.int() }),
  output_tokens: z.int().describe('Thought included'),
  output_tokens_details: z.strictObject({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
});

export const responseSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.int(),
    status,
    background: z.literal(false),
    error: z.null(),
    incomplete_details: z.strictObject({ reason: z.literal('max_output_tokens') }).nullable(),
    instructions: z.string().nullable(),
    max_output_tokens: z.int().nullable(),
    metadata: z.record(z.string(), z.string()),
    model: z.string().describe('The name the request used'),
    output: z.array(item),
    parallel_tool_calls: z.literal(true),
    previous_response_id: z.null(),
    reasoning: z.strictObject({ effort: z.string().nullable(), summary: z.null() }),
    store: z.literal(false),
    temperature: z.number(),
    text: z.strictObject({ format: z.looseObject({ type: z.string() }) }),
    tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]),
    tools: z.array(z.looseObject({ type: z.literal('function'), name: z.string() })),
    top_logprobs: z.int(),
    top_p: z.number(),
    truncation: z.literal('disabled'),
    usage: usage.nullable().describe('null until the response has ended'),
  })
  .meta({ id: 'Response' });

const ofItem = { item_id: z.string(), output_index: z.int() };
const ofText = { ...ofItem, content_index: z.literal(0) };
const ofThought = { ...ofItem, summary_index: z.literal(0) };

/** An event by its type and what it tells. */
function event<const T extends string, S extends z.ZodRawShape>(types: [T, ...T[]], shape: S) {
  return z.strictObject({ type: z.literal(types), sequence_number: z.int(), ...shape });
}

export const responseEventSchema = z
  .discriminatedUnion('type', [
    event(['response.created', 'response.in_progress', 'response.completed', 'response.incomplete'], {
      response: responseSchema,
    }),
    event(['response.output_item.added', 'response.output_item.done'], { output_index: z.int(), item }),
    event(['response.reasoning_summary_part.added', 'response.reasoning_summary_part.done'], {
      ...ofThought,
      part: summaryPart,
    }),
    event(['response.reasoning_summary_text.delta'], { ...ofThought, delta: z.string() }),
    event(['response.reasoning_summary_text.done'], { ...ofThought, text: z.string() }),
    event(['response.content_part.added', 'response.content_part.done'], { ...ofText, part: outputPart }),
    event(['response.output_text.delta'], { ...ofText, delta: z.string(), logprobs }),
    event(['response.output_text.done'], { ...ofText, text: z.string(), logprobs }),
    event(['response.function_call_arguments.delta'], { ...ofItem, delta: z.string() }),
    event(['response.function_call_arguments.done'], { ...ofItem, name: z.string(), arguments: z.string() }),
    event(['error'], {
      code: z.string(),
      message: z.string(),
      param: z.string().nullable(),
      error: z.looseObject({ message: z.string() }),
    }),
  ])
  .meta({ id: 'ResponseEvent' });
