/**
 * @file Chat messages of a data row in the layouts of published sets, read as one.
 *
 * OpenAI's and TRL's `{"role", "content"}` and ShareGPT's `{"from", "value"}`; contents as text, null, or a list of text
 * parts; a thought as `reasoning_content`, `reasoning` or `thinking`; calls of tools and their results. Parquet gives
 * every message all fields, null where it has none: those are left out.
 */
import { UserError } from '../errors.ts';
import { type ChatMessage, isJsonObject, type Json, type JsonObject } from '../records.ts';

/** A column of a row that holds messages, for error messages. */
export interface MessagesPlace {
  /** Of the row: `file:line`. */
  readonly place: string;
  readonly column: string;
}

/** Names of roles in published sets, and the role of each. */
const ROLES = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['model', 'assistant'],
  ['bot', 'assistant'],
  ['function_call', 'assistant'],
  ['tool', 'tool'],
  ['observation', 'tool'],
  ['function', 'tool'],
  ['ipython', 'tool'],
]);

/** Fields a thought is given in. */
const THOUGHTS = ['reasoning_content', 'reasoning', 'thinking'] as const;

const LAYOUT =
  'A conversation is a list of {"role": "system", "user", "assistant" or "tool", "content": "text"}, or of {"from": "human" or "gpt" …, "value": "text"}.';

/**
 * The messages of a column. A text is read as the JSON it holds.
 * @throws UserError naming place, column and message of what cannot be read
 */
export function readMessages(value: Json, at: MessagesPlace): ChatMessage[] {
  const list = typeof value === 'string' ? parsed(value, at) : value;
  if (!Array.isArray(list)) throw refusal('the conversation is not a list of messages', at);
  return (list as readonly Json[]).map((item, i) => readMessage(item, i + 1, at));
}

/** The error for messages that cannot be used. */
export function refusal(what: string, { place, column }: MessagesPlace): UserError {
  return new UserError(`${place}: ${what} (column "${column}")`, LAYOUT);
}

function parsed(text: string, at: MessagesPlace): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw refusal('the conversation is not a list of messages, nor the JSON text of one', at);
  }
}

function readMessage(item: Json, number: number, at: MessagesPlace): ChatMessage {
  const fields = isJsonObject(item) ? item : {};
  const [roleField, contentField] =
    'role' in fields ? (['role', 'content'] as const) : (['from', 'value'] as const);
  const name = fields[roleField];
  if (typeof name !== 'string') throw refusal(`message ${number} has no role`, at);
  const role = ROLES.get(name.toLowerCase());
  if (role === undefined) {
    throw refusal(`message ${number} has the role ${JSON.stringify(name)}, which is not known`, at);
  }
  if (name === 'function_call') return callOf(fields[contentField] ?? null, number, at);
  const thought = thoughtOf(fields, number, at);
  const calls = callsOf(fields, number, at);
  const read = [roleField, contentField, 'tool_calls', ...THOUGHTS];
  const others = Object.entries(fields).filter(([key, value]) => value !== null && !read.includes(key));
  return {
    role,
    content: contentOf(fields[contentField] ?? null, calls !== null, number, at),
    ...(thought !== null && { reasoning_content: thought }),
    ...(calls !== null && { tool_calls: calls }),
    ...Object.fromEntries(others),
  };
}

/** The text of a content; null only where calls stand in its place, which templates tell by that. */
function contentOf(content: Json, calls: boolean, number: number, at: MessagesPlace): string | null {
  if (typeof content === 'string') return calls && content === '' ? null : content;
  if (content === null && calls) return null;
  if (Array.isArray(content) && content.length > 0) {
    return (content as readonly Json[]).map((part) => partText(part, number, at)).join('');
  }
  if (Array.isArray(content) && calls) return null;
  throw refusal(`the content of message ${number} is not a text`, at);
}

function partText(part: Json, number: number, at: MessagesPlace): string {
  if (isJsonObject(part) && part.type === 'text' && typeof part.text === 'string') return part.text;
  const type =
    isJsonObject(part) && typeof part.type === 'string' ? `a part of type "${part.type}"` : 'a part';
  throw refusal(`the content of message ${number} is not a text: it has ${type} that is not text`, at);
}

/** The thought, or null where there is none. Two fields may hold it where they say the same. */
function thoughtOf(fields: JsonObject, number: number, at: MessagesPlace): string | null {
  let found: { readonly field: string; readonly text: string } | null = null;
  for (const field of THOUGHTS) {
    const text = fields[field] ?? null;
    if (text === null) continue;
    if (typeof text !== 'string') throw refusal(`the ${field} of message ${number} is not a text`, at);
    if (found !== null && found.text !== text) {
      throw refusal(`message ${number} has two thoughts, in "${found.field}" and in "${field}"`, at);
    }
    found ??= { field, text };
  }
  return found?.text ?? null;
}

function callsOf({ tool_calls: calls = null }: JsonObject, number: number, at: MessagesPlace): Json[] | null {
  if (calls === null || (Array.isArray(calls) && calls.length === 0)) return null;
  if (!Array.isArray(calls)) throw refusal(`the tool_calls of message ${number} are not a list`, at);
  return (calls as readonly Json[]).map((call) => {
    const named = isJsonObject(call) ? (call.function ?? call) : null;
    if (!isJsonObject(named) || typeof named.name !== 'string') {
      throw refusal(`a call in the tool_calls of message ${number} names no function`, at);
    }
    const { id = null } = call as JsonObject;
    const read = { type: 'function', function: { name: named.name, arguments: named.arguments ?? {} } };
    return typeof id === 'string' ? { id, ...read } : read;
  });
}

/** ShareGPT's turn of the role `function_call`: the JSON of a call, or of several. */
function callOf(value: Json, number: number, at: MessagesPlace): ChatMessage {
  let calls = value;
  try {
    if (typeof value === 'string') calls = JSON.parse(value) as Json;
  } catch {
    // Told below with whatever else is no call.
  }
  const list = Array.isArray(calls) ? (calls as readonly Json[]) : [calls];
  const read = callsOf({ tool_calls: list }, number, at);
  if (read === null) throw refusal(`message ${number} holds no call`, at);
  return { role: 'assistant', content: null, tool_calls: read };
}
