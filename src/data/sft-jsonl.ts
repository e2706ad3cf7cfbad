/**
 * @file Replies to imitate from a JSONL file.
 *
 * A line is a conversation, `{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}`
 * (an assistant message may carry its thought apart, as `reasoning_content`), or a prompt and its reply,
 * `{"prompt": "…", "response": "…"}` (or `completion`). Field names are knobs; other fields are ignored.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Json } from '../records.ts';
import type { ChatMessage } from '../text/index.ts';
import { readRows } from './files/read-rows.ts';
import { type Line, missingField, textIn } from './json-lines.ts';

/** Knobs of replies from a JSONL file. */
export const sftJsonlSchema = z.strictObject({
  path: z.string().min(1).describe('JSONL file with a conversation, or a prompt and its reply, on each line'),
  messagesField: z.string().min(1).default('messages').describe('Field that holds a conversation'),
  promptField: z.string().min(1).default('prompt').describe('Field that holds a prompt'),
  responseField: z
    .string()
    .min(1)
    .optional()
    .describe('Field that holds the reply; `response`, else `completion`, unless given'),
});

export type SftJsonlConfig = z.output<typeof sftJsonlSchema>;

/** A text to imitate: the reply to a prompt, or the assistant's turns of a conversation. */
export type Example = ReplyExample | ConversationExample;

export interface ReplyExample {
  readonly prompt: string;
  readonly response: string;
  /** Where it is from, for messages. */
  readonly place: string;
}

export interface ConversationExample {
  readonly messages: readonly ChatMessage[];
  readonly place: string;
}

/** The examples of a file in order. Throws UserError naming file and line for whatever cannot be used. */
export async function readExamples(config: SftJsonlConfig): Promise<Example[]> {
  const examples = (await readRows(config.path)).map((line) => exampleOf(line, config));
  if (examples.length > 0) return examples;
  throw new UserError(`${config.path}: no examples in this file`, 'Write one JSON object on each line.');
}

function exampleOf(line: Line, config: SftJsonlConfig): Example {
  const { fields, place } = line;
  if (Object.hasOwn(fields, config.messagesField)) {
    return { messages: conversation(fields[config.messagesField]!, place), place };
  }
  if (!Object.hasOwn(fields, config.promptField)) {
    const knob = 'messagesField or promptField';
    throw missingField(fields, `${config.messagesField}" or "${config.promptField}`, place, knob);
  }
  const field =
    config.responseField ??
    ['response', 'completion'].find((name) => Object.hasOwn(fields, name)) ??
    'response';
  return {
    prompt: textIn(line, config.promptField, 'promptField'),
    response: textIn(line, field, 'responseField'),
    place,
  };
}

function conversation(value: Json, place: string): ChatMessage[] {
  const refuse = (what: string): UserError =>
    new UserError(
      `${place}: ${what}`,
      'A conversation is a list of {"role": "user" or "assistant" …, "content": "text"}.',
    );
  if (!Array.isArray(value)) throw refuse('the conversation is not a list of messages');
  const messages = (value as readonly Json[]).map((item, i) => {
    const message = (item ?? {}) as { readonly [field: string]: Json };
    if (typeof message.role !== 'string') throw refuse(`message ${i + 1} has no role`);
    if (typeof message.content !== 'string') throw refuse(`the content of message ${i + 1} is not a text`);
    const thought = message.reasoning_content ?? null;
    if (thought !== null && typeof thought !== 'string') {
      throw refuse(`the reasoning_content of message ${i + 1} is not a text`);
    }
    return message as unknown as ChatMessage;
  });
  const replies = messages.filter(({ role }) => role === 'assistant');
  if (replies.length === 0) throw refuse('no message of the conversation is the assistant’s');
  if (replies.some(({ content }) => (content as string).trim() === '')) {
    throw refuse('an assistant message is empty: there is nothing to learn from it');
  }
  return messages;
}
