/** @file Tools and earlier calls of them as a chat template wants them. */
import { type ChatMessage, isJsonObject, type Json } from '../records.ts';

/** Whether a chat template would pass over tools in silence. */
export function ignoresTools(tools: readonly Json[] | undefined, templateSource: string): boolean {
  return tools !== undefined && tools.length > 0 && !/\btools\b/.test(templateSource);
}

/**
 * Messages whose earlier calls carry their arguments in the form the template reads: the API has them as JSON text, and
 * templates that write `arguments | tojson` (Qwen2.5, Llama 3, Hermes) mean the object itself. A template that asks
 * whether they are a string takes either; any other gets a text.
 */
export function withCalls(messages: readonly ChatMessage[], templateSource: string): readonly ChatMessage[] {
  const asJson = /arguments\s*\|\s*tojson/.test(templateSource);
  const asked = /arguments is string/.test(templateSource);
  const formed = (value: Json): Json =>
    typeof value === 'string'
      ? asJson && !asked
        ? objectOf(value)
        : value
      : asJson || asked
        ? value
        : JSON.stringify(value);
  return messages.map((message) =>
    Array.isArray(message.tool_calls)
      ? {
          ...message,
          tool_calls: (message.tool_calls as readonly Json[]).map((call) => formedCall(call, formed)),
        }
      : message,
  );
}

function formedCall(call: Json, formed: (value: Json) => Json): Json {
  if (!isJsonObject(call) || !isJsonObject(call.function) || call.function.arguments === undefined)
    return call;
  return { ...call, function: { ...call.function, arguments: formed(call.function.arguments) } };
}

/** The object a text of arguments holds. What was made of a broken call stays the text it is. */
function objectOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
