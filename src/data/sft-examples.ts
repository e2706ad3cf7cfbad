/**
 * @file Replies to imitate from a file of yours (JSONL, CSV or Parquet), in the layouts of published sets.
 *
 * A row is a conversation, `{"messages": […]}` or ShareGPT's `{"conversations": […]}` (with `system` and `tools` beside it
 * where they are given), or a prompt and its reply, `{"prompt": …, "response": …}` or `{"prompt": …, "completion": …}`, each
 * a text or messages. Field names are settings; other fields are ignored.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { type ChatMessage, columnOf, isJsonObject, type Json, type JsonObject } from '../records.ts';
import { streamRows } from './files/read-rows.ts';
import type { Row } from './files/row.ts';
import { textIn } from './files/row.ts';
import { readMessages, refusal } from './messages.ts';

/** Settings of replies from a file. */
export const sftFileSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('JSONL, CSV or Parquet file with a conversation, or a prompt and its reply, in each row'),
  messagesField: z
    .string()
    .min(1)
    .optional()
    .describe('Field that holds a conversation; `messages`, else `conversations`, unless given'),
  promptField: z.string().min(1).default('prompt').describe('Field that holds a prompt'),
  responseField: z
    .string()
    .min(1)
    .optional()
    .describe('Field that holds the reply; `response`, else `completion`, unless given'),
});

export type SftFileConfig = z.output<typeof sftFileSchema>;

/** A text to imitate: the reply to a prompt, or the assistant's turns of a conversation. */
export type Example = ReplyExample | ConversationExample;

/** What a row tells the chat template beside the conversation. */
interface Told {
  /** The column `chat_template_kwargs`, such as `{ "enable_thinking": false }`. */
  readonly variables?: JsonObject;
}

export interface ReplyExample extends Told {
  readonly prompt: string;
  readonly response: string;
  /** Where it is from, for messages. */
  readonly place: string;
}

export interface ConversationExample extends Told {
  readonly messages: readonly ChatMessage[];
  /** Index of the first message that is learnt, where that is the assistant's; 0 unless given. */
  readonly learntFrom?: number;
  /** Tools the assistant may call, as JSON schemas. */
  readonly tools?: readonly Json[];
  readonly place: string;
}

/**
 * The examples of a file in order, one at a time.
 * @throws UserError naming file, row and column for whatever cannot be used, and for a file without examples
 */
export async function* fileExamples(config: SftFileConfig): AsyncGenerator<Example> {
  let examples = 0;
  for await (const row of streamRows(config.path)) {
    examples += 1;
    yield exampleOf(row, config);
  }
  if (examples > 0) return;
  throw new UserError(`${config.path}: no examples in this file`, 'Write an example in each row.');
}

/** All examples of a file, in memory. Throws as `fileExamples` does. */
export async function readExamples(config: SftFileConfig): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const example of fileExamples(config)) examples.push(example);
  return examples;
}

/** The first of these columns that holds something. */
function filled({ fields }: Row, names: readonly string[]): string | undefined {
  return names.find((name) => (columnOf(fields, name) ?? null) !== null);
}

function exampleOf(row: Row, config: SftFileConfig): Example {
  const { promptField, messagesField, responseField } = config;
  const conversation = filled(
    row,
    messagesField === undefined ? ['messages', 'conversations'] : [messagesField],
  );
  if (conversation !== undefined) return conversationOf(row, conversation);
  if (columnOf(row.fields, promptField) === undefined) throw noLayout(row, config);
  const reply = responseField ?? filled(row, ['response', 'completion']) ?? 'response';
  const [prompt, response] = [columnOf(row.fields, promptField), columnOf(row.fields, reply)];
  if (Array.isArray(prompt) || Array.isArray(response)) return replyOf(row, promptField, reply);
  return {
    prompt: textIn(row, promptField, 'promptField'),
    response: textIn(row, reply, 'responseField'),
    ...toldIn(row),
    place: row.place,
  };
}

function noLayout(
  { fields, place }: Row,
  { messagesField = 'messages', promptField }: SftFileConfig,
): UserError {
  const present = Object.keys(fields).join(', ') || 'none';
  return new UserError(
    `${place}: field "${messagesField}" or "${promptField}" is missing (fields present: ${present})`,
    'Accepted: a list of messages in "messages" or "conversations", or "prompt" with "response" or "completion", each a text or messages; set messagesField, promptField and responseField to columns of other names.',
  );
}

/** A conversation whose assistant turns are all learnt. */
function conversationOf(row: Row, column: string): ConversationExample {
  const { fields, place } = row;
  const at = { place, column };
  const messages = readMessages(columnOf(fields, column)!, at);
  requireReplies(messages, at);
  const system = fields.system ?? null;
  const apart = typeof system === 'string' && system.trim() !== '' && messages[0]!.role !== 'system';
  return {
    messages: apart ? [{ role: 'system', content: system }, ...messages] : messages,
    ...toolsOf(row),
    ...toldIn(row),
    place,
  };
}

/** A prompt and a reply of which one or both are messages; those of the reply are learnt. */
function replyOf(row: Row, promptField: string, replyField: string): ConversationExample {
  const { fields, place } = row;
  const asMessages = (column: string, role: string, setting: string): ChatMessage[] => {
    const value = columnOf(fields, column);
    if (Array.isArray(value)) return readMessages(value, { place, column });
    return [{ role, content: textIn(row, column, setting) }];
  };
  const prompt = asMessages(promptField, 'user', 'promptField');
  const reply = asMessages(replyField, 'assistant', 'responseField');
  if (prompt.length === 0) throw refusal('the prompt has no messages', { place, column: promptField });
  requireReplies(reply, { place, column: replyField });
  return {
    messages: [...prompt, ...reply],
    learntFrom: prompt.length,
    ...toolsOf(row),
    ...toldIn(row),
    place,
  };
}

/** Refuses messages of which there is nothing, or an empty reply, to learn. */
function requireReplies(messages: readonly ChatMessage[], at: Parameters<typeof refusal>[1]): void {
  const replies = messages.filter(({ role }) => role === 'assistant');
  if (replies.length === 0) throw refusal('no message of the conversation is the assistant’s', at);
  const empty = ({ content }: ChatMessage) => typeof content === 'string' && content.trim() === '';
  if (replies.some(empty)) {
    throw refusal('an assistant message is empty: there is nothing to learn from it', at);
  }
}

/** The column `tools`: a list of JSON schemas, of their JSON texts, or the JSON text of the list. */
function toolsOf({ fields, place }: Row): { tools?: readonly Json[] } {
  const { tools = null } = fields;
  if (tools === null || tools === '') return {};
  const list = parsed(tools);
  const read = Array.isArray(list) ? (list as readonly Json[]).map(parsed) : null;
  if (read === null || read.some((tool) => typeof tool !== 'object' || tool === null)) {
    throw new UserError(
      `${place}: column "tools" is not a list of tools`,
      'Write a list of JSON schemas, or its JSON text, or null.',
    );
  }
  return read.length === 0 ? {} : { tools: read };
}

/** The column `chat_template_kwargs`: an object, or its JSON text. */
function toldIn({ fields, place }: Row): Told {
  const { chat_template_kwargs: column = null } = fields;
  if (column === null || column === '') return {};
  const variables = parsed(column);
  if (isJsonObject(variables)) return { variables };
  throw new UserError(
    `${place}: column "chat_template_kwargs" is not an object`,
    'Write what the chat template is told, such as {"enable_thinking": false}, or null.',
  );
}

function parsed(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
