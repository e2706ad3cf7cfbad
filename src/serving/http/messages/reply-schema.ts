/** @file A message, the events of its stream and errors, for the API's description; tests hold every reply against them. */
import { z } from 'zod';

const block = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
    z.strictObject({ type: z.literal('text'), text: z.string() }),
    z.strictObject({
      type: z.literal('tool_use'),
      id: z.string(),
      name: z.string(),
      input: z.record(z.string(), z.unknown()),
    }),
  ])
  .meta({ id: 'MessageBlock' });

const usage = z.strictObject({
  input_tokens: z.int().describe('Without the tokens that came from the cache'),
  cache_creation_input_tokens: z.literal(0),
  cache_read_input_tokens: z.int(),
  output_tokens: z.int().describe('Thought included'),
});

const stop = {
  stop_reason: z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use']).nullable(),
  stop_sequence: z.string().nullable(),
};

export const anthropicReplySchema = z
  .strictObject({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string().describe('The name the request used'),
    content: z.array(block),
    ...stop,
    usage,
  })
  .meta({ id: 'Message' });

export const countReplySchema = z.strictObject({ input_tokens: z.int() }).meta({ id: 'TokenCount' });

export const anthropicErrorSchema = z
  .strictObject({
    type: z.literal('error'),
    error: z.strictObject({ type: z.string(), message: z.string() }),
    request_id: z.string(),
  })
  .meta({ id: 'MessageError' });

export const messageEventSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('message_start'), message: anthropicReplySchema }),
    z.strictObject({ type: z.literal('content_block_start'), index: z.int(), content_block: block }),
    z.strictObject({
      type: z.literal('content_block_delta'),
      index: z.int(),
      delta: z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('thinking_delta'), thinking: z.string() }),
        z.strictObject({ type: z.literal('signature_delta'), signature: z.string() }),
        z.strictObject({ type: z.literal('text_delta'), text: z.string() }),
        z.strictObject({ type: z.literal('input_json_delta'), partial_json: z.string() }),
      ]),
    }),
    z.strictObject({ type: z.literal('content_block_stop'), index: z.int() }),
    z.strictObject({ type: z.literal('message_delta'), delta: z.strictObject(stop), usage }),
    z.strictObject({ type: z.literal('message_stop') }),
    z.strictObject({ type: z.literal('ping') }),
    anthropicErrorSchema,
  ])
  .meta({ id: 'MessageEvent' });
