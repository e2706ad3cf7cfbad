/**
 * @file Asking a model for JSON of a given shape, and asking again where it answers with something else.
 *
 * The next question holds the bad reply and says what is wrong with it, so that an endpoint that samples greedily, or a
 * cache, does not give the same again. Only the last bad reply is shown: the prompt does not grow.
 */
import type { z } from 'zod';
import type { ChatRequest, Endpoint, RemoteMessage } from '../../remote/index.ts';

/** What decides a verdict beside the question. */
export interface AskOptions {
  /** Longest reply, thinking included. */
  readonly maxTokens: number;
  readonly temperature: number;
  /** Questions in all before a verdict is given up. */
  readonly attempts: number;
  /** Below 2³¹. */
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/**
 * The first reply that is JSON of the shape, or null where none of the attempts gave one.
 * @throws what `endpoint.chat` throws
 */
export async function askJson<Schema extends z.ZodType>(
  endpoint: Endpoint,
  messages: readonly RemoteMessage[],
  schema: Schema,
  { attempts, seed, ...options }: AskOptions,
): Promise<z.output<Schema> | null> {
  let correction: readonly RemoteMessage[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const request: ChatRequest = {
      ...options,
      messages: [...messages, ...correction],
      seed: (seed + attempt) % 2 ** 31,
    };
    const { content } = await endpoint.chat(request);
    const parsed = schema.safeParse(lastObject(content ?? ''));
    if (parsed.success) return parsed.data;
    correction = correctionOf(content);
  }
  return null;
}

/** Characters of a bad reply that are shown again. */
const SHOWN = 2_000;

function correctionOf(content: string | null): RemoteMessage[] {
  const again = 'That is not the JSON object I asked for. Reply with that object and nothing else.';
  // Some chat templates refuse an empty message.
  const said = content?.trim() ? content.slice(-SHOWN) : '(nothing)';
  return [
    { role: 'assistant', content: said },
    { role: 'user', content: again },
  ];
}

/** Opening braces that are tried, the last ones: a reply with more after its verdict is none. */
const TRIES = 200;

/** The last JSON object in a text, with or without a fence or words around it; undefined where there is none. */
export function lastObject(text: string): unknown {
  const starts = Array.from(text.matchAll(/\{/g), ({ index }) => index).slice(-TRIES);
  let found: unknown;
  /** What is left of here belongs to an object that was read already. */
  let from = 0;
  for (const start of starts) {
    const end = start < from ? -1 : closingBrace(text, start);
    const value = end === -1 ? undefined : parse(text.slice(start, end + 1));
    if (value !== undefined) [found, from] = [value, end + 1];
  }
  return found;
}

/** Where the brace opened at `start` is closed, braces inside strings left out; -1 where it is not. */
function closingBrace(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const sign = text[i];
    if (quoted && sign === '\\') i += 1;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === '{') depth += 1;
    else if (!quoted && sign === '}' && --depth === 0) return i;
  }
  return -1;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
