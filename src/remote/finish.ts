/**
 * @file Finish reasons of endpoints in one vocabulary, and whether one means that the endpoint broke the reply off.
 *
 * OpenAI's reasons are `stop`, `length`, `tool_calls` and `content_filter`. Other servers have names of their own for
 * the same. Every further reason (`error`, `network_error`, `abort`, DeepSeek's `insufficient_system_resource` …) says
 * that the reply is not whole.
 */
import type { Json, JsonObject } from '../records.ts';
import { messageIn } from './error-message.ts';
import { objectOf, objectsOf } from './loose.ts';

const NAMES: { readonly [reason: string]: readonly string[] } = {
  // Text Generation Inference, Together, Anthropic.
  stop: ['stop', 'eos', 'eos_token', 'stop_sequence', 'end_turn', 'completed'],
  // Anthropic and Gemini, OpenAI's Responses, Mistral.
  length: ['length', 'max_tokens', 'max_output_tokens', 'model_length'],
  tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'function_call'],
  // Gemini's reasons begin with the second.
  content_filter: [
    'content_filter',
    'safety',
    'recitation',
    'blocklist',
    'prohibited_content',
    'spii',
    'refusal',
  ],
};

const REASONS: ReadonlyMap<string, string> = new Map(
  Object.entries(NAMES).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);

/** What the model behind a relay says where the relay calls its end `stop`. */
const NATIVE_TROUBLE = /error|abort|cancel|interrupt|disconnect|time_?out|fail/i;

/** The reason in OpenAI's words; an unknown one as it came; null where there is none. */
export function finishOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  return REASONS.get(value.trim().toLowerCase()) ?? value.trim();
}

/** Why one of a reply's choices is not whole, in the endpoint's words; null where all are. */
export function brokenOff(reply: Json): string | null {
  for (const choice of objectsOf(objectOf(reply).choices)) {
    const why = whyBroken(choice);
    if (why !== null) return why;
  }
  return null;
}

function whyBroken({ finish_reason, native_finish_reason, error }: JsonObject): string | null {
  const finish = finishOf(finish_reason);
  const native = typeof native_finish_reason === 'string' ? native_finish_reason : '';
  if (finish !== null && !REASONS.has(finish)) return messageIn(error) ?? finish;
  return NATIVE_TROUBLE.test(native) ? (messageIn(error) ?? native) : null;
}
