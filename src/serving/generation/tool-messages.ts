/** @file Tools and earlier calls of them as a chat template wants them. */
import { isJsonObject, type Json } from '../../records.ts';
import type { ChatMessage } from '../../text/index.ts';
import { GenerationError } from '../backend.ts';

/** @throws GenerationError where the template would pass over the tools in silence */
export function requireTools(tools: readonly Json[] | undefined, templateSource: string): void {
  if (tools === undefined || tools.length === 0 || /\btools\b/.test(templateSource)) return;
  throw new GenerationError('invalid', 'This model’s chat template knows no tools: ask without `tools`.');
}

/**
 * Messages whose earlier calls carry their arguments in the form the template reads: the API has them as JSON text, and
 * templates that write `arguments | tojson` (Qwen2.5, Llama 3, Hermes) mean the object itself. A template that asks
 * whether they are a string takes either.
 */
export function withCalls(messages: readonly ChatMessage[], templateSource: string): readonly ChatMessage[] {
  const wantsObjects =
    /arguments\s*\|\s*tojson/.test(templateSource) && !/arguments is string/.test(templateSource);
  if (!wantsObjects) return messages;
  return messages.map((message) =>
    Array.isArray(message.tool_calls)
      ? { ...message, tool_calls: (message.tool_calls as readonly Json[]).map(withObject) }
      : message,
  );
}

function withObject(call: Json): Json {
  if (!isJsonObject(call) || !isJsonObject(call.function) || typeof call.function.arguments !== 'string')
    return call;
  try {
    const parsed = JSON.parse(call.function.arguments) as Json;
    return { ...call, function: { ...call.function, arguments: parsed } };
  } catch {
    // What a client made of a broken call stays the text it is.
    return call;
  }
}
