/**
 * @file Fields of a reply as servers write them. Whatever is of another kind than expected counts as not there: an odd
 * field must not cost a reply that was paid for.
 */
import { isJsonObject, type JsonObject } from '../records.ts';

/** The objects of a list; of anything else none. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** An object, or an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A number of things, also as digits in a string; null for a fraction, a negative number and anything else. */
export function countOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** Thought and content. */
export interface Written {
  readonly thought: string;
  readonly content: string;
}

/**
 * Thought and content of a message or of a piece of one.
 *
 * The thought stands in `reasoning_content` (DeepSeek, SGLang), in `reasoning` (vLLM, OpenRouter, Ollama), in both, or in
 * parts of the content (Mistral: `{ type: 'thinking', thinking: [...] }`).
 */
export function writtenIn(message: JsonObject): Written {
  const told = textOf(message.reasoning_content) || textOf(message.reasoning);
  const parts = Array.isArray(message.content) ? message.content : [message.content];
  const thoughts = objectsOf(parts).filter(isThought);
  return {
    thought: told || textOf(thoughts),
    content: textOf(parts.filter((part) => !(isJsonObject(part) && isThought(part)))),
  };
}

function isThought({ type, thinking }: JsonObject): boolean {
  return thinking !== undefined || type === 'thinking' || type === 'reasoning';
}

/** Levels of parts within parts that are read. */
const DEEPEST = 4;

/** The text of a string, a part, or a list of parts. */
function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (depth > DEEPEST) return '';
  if (Array.isArray(value)) return value.map((part) => textOf(part, depth + 1)).join('');
  const { text, thinking, content } = objectOf(value);
  return textOf(text ?? thinking ?? content ?? '', depth + 1);
}
