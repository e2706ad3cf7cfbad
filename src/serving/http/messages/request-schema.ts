/** @file The body of `POST /messages`, as Anthropic's API has it. Unknown fields are ignored. */
import { z } from 'zod';
import { isJsonObject } from '../../../records.ts';
import { EFFORTS } from '../chat-generation.ts';
import { functionName, jsonSchema, templateVariablesField, textPartOf } from '../chat-schema.ts';
import { samplingFields } from '../request-fields.ts';

const textBlock = textPartOf('text');
const texts = z.union([z.string(), z.array(textBlock).max(4096)]);

/** Blocks of other kinds, such as images, are named as what they are. */
const noBlock = {
  error: ({ input }: { readonly input?: unknown }) => {
    const type = JSON.stringify((input as { readonly type?: unknown } | null)?.type)?.slice(0, 40);
    return `the served models read text only, not blocks of type ${type}`;
  },
};

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1).describe('Id of the call that this is the result of'),
  content: texts.nullish(),
  is_error: z.boolean().nullish().describe('Ignored: the content says it'),
});

const thinking = z.object({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string().nullish().describe('Ignored'),
});

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  // The object itself, which knows how its numbers were spelled; a record would be another.
  input: z.unknown().refine(isJsonObject, 'expected an object').meta({ type: 'object' }),
});

const redacted = z.object({ type: z.literal('redacted_thinking') });

const user = z.object({
  role: z.enum(['user', 'system']),
  content: z.union([
    z.string(),
    z
      .array(z.discriminatedUnion('type', [textBlock, toolResult], noBlock))
      .min(1)
      .max(4096),
  ]),
});

const assistant = z.object({
  role: z.literal('assistant'),
  content: z.union([
    z.string(),
    z.array(z.discriminatedUnion('type', [textBlock, thinking, toolUse, redacted], noBlock)).max(4096),
  ]),
});

export const anthropicMessageSchema = z
  .discriminatedUnion('role', [user, assistant])
  .meta({ id: 'AnthropicMessage' });

export type UserTurn = z.output<typeof user>;
export type AssistantTurn = z.output<typeof assistant>;

const tool = z.object({
  type: z
    .literal('custom', {
      error: ({ input }) =>
        `only custom tools can be called here, not ${JSON.stringify(input)?.slice(0, 40)}`,
    })
    .nullish(),
  name: functionName,
  description: z.string().nullish(),
  input_schema: jsonSchema,
});

export const messagesRequestSchema = z
  .object({
    model: z.string().min(1),
    messages: z.array(anthropicMessageSchema).min(1),
    max_tokens: z.int().min(1).describe('Thought and answer together'),
    system: texts.nullish(),
    thinking: z
      .discriminatedUnion('type', [
        z.object({ type: z.literal('enabled'), budget_tokens: z.int().min(1) }),
        z.object({ type: z.literal('adaptive') }),
        z.object({ type: z.literal('disabled') }),
      ])
      .nullish()
      .describe('If left out or adaptive, the chat template decides whether the model thinks'),
    temperature: samplingFields.temperature,
    top_p: samplingFields.top_p,
    top_k: samplingFields.top_k,
    seed: samplingFields.seed,
    stop_sequences: z.array(z.string().min(1).max(1024)).max(16).nullish(),
    stream: z.boolean().nullish(),
    tools: z.array(tool).max(128).nullish(),
    tool_choice: z
      .discriminatedUnion('type', [
        z.object({ type: z.enum(['auto', 'any', 'none']) }),
        z.object({ type: z.literal('tool'), name: functionName }),
      ])
      .nullish(),
    output_config: z
      .object({
        effort: z.enum(EFFORTS).nullish(),
        format: z.object({ type: z.literal('json_schema'), schema: jsonSchema }).nullish(),
      })
      .nullish(),
    chat_template_kwargs: templateVariablesField,
  })
  .meta({ id: 'MessagesRequest' });

/** A message that is only counted needs no bound. */
export const countRequestSchema = messagesRequestSchema
  .omit({ max_tokens: true })
  .meta({ id: 'CountTokensRequest' });

export type MessagesRequest = z.output<typeof messagesRequestSchema>;
