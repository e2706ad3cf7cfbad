/** @file Tools and earlier calls of them as a chat template wants them. */
import { type ChatMessage, isJsonObject, type Json } from '../records.ts';
import { parseSpelled } from './spelled-json.ts';

/** Whether a chat template would pass over tools in silence. */
export function ignoresTools(tools: readonly Json[] | undefined, templateSource: string): boolean {
  return tools !== undefined && tools.length > 0 && !/\btools\b/.test(templateSource);
}

/**
 * The forms of a conversation with earlier calls, the likeliest first. Templates differ in two things: whether the
 * arguments of a call are an object (transformers passes one) or JSON text (as in the API), and whether a message
 * without content has null or an empty text. A template that asks whether the arguments are a string takes either; it
 * gets what is given: a text keeps the spelling of the model, an object is spelled by the template, as in transformers. A
 * conversation without calls has one form.
 */
export function formsOfCalls(
  messages: readonly ChatMessage[],
  templateSource: string,
): readonly (readonly ChatMessage[])[] {
  if (!messages.some(({ tool_calls }) => Array.isArray(tool_calls))) return [messages];
  const objects = messages.map((message) => withArguments(message, objectOf));
  const texts = messages.map((message) => withArguments(message, textOf));
  const takesEither = /arguments is string/.test(templateSource);
  const forms = takesEither ? [messages, texts, objects] : [objects, texts];
  return forms.flatMap((form) => [form, form.map(withContent)]);
}

function withArguments(message: ChatMessage, formed: (value: Json) => Json): ChatMessage {
  if (!Array.isArray(message.tool_calls)) return message;
  const calls = message.tool_calls as readonly Json[];
  return { ...message, tool_calls: calls.map((call) => formedCall(call, formed)) };
}

function formedCall(call: Json, formed: (value: Json) => Json): Json {
  if (!isJsonObject(call) || !isJsonObject(call.function) || call.function.arguments === undefined)
    return call;
  return { ...call, function: { ...call.function, arguments: formed(call.function.arguments) } };
}

function withContent(message: ChatMessage): ChatMessage {
  return message.content === null ? { ...message, content: '' } : message;
}

function textOf(value: Json): Json {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The object a text of arguments holds. What was made of a broken call stays the text it is. */
function objectOf(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return parseSpelled(value);
  } catch {
    return value;
  }
}
