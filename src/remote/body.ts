/**
 * @file The body of an answer, read piece by piece: JSON, or a stream of events. What it is shows in its first letters;
 * the content type may be missing, wrong or in capitals.
 */
import type { EndpointError } from './endpoint-error.ts';
import { errorIn } from './error-message.ts';
import { type Asked, lost, notAnEndpoint, shown, toldError } from './failures.ts';
import { StreamAssembler } from './stream.ts';

/** The head of an answer. */
interface Head {
  readonly status: number;
  /** Content type, or null where none was sent. */
  readonly type: string | null;
}

/**
 * The completion in a body.
 * @throws EndpointError for an error told in its place, and for what is torn or no completion
 */
export async function readAnswer(to: Asked, pieces: AsyncIterable<string>, head: Head): Promise<unknown> {
  const text: string[] = [];
  let stream: StreamAssembler | null = null;
  let known = false;
  for await (const piece of pieces) {
    if (stream === null) text.push(piece);
    if (!known) {
      const beginning = text.join('').trimStart();
      known = beginning.length >= LONGEST_FIELD;
      if (!isStream(beginning, head)) continue;
      known = true;
      stream = new StreamAssembler();
      take(to, stream, text.join(''));
    } else if (stream !== null) take(to, stream, piece);
  }
  return stream === null ? readJson(to, text.join(''), head) : finished(to, stream);
}

/** Letters in which the name of a field of an event, with its colon, shows. */
const LONGEST_FIELD = 'retry:'.length;

function isStream(beginning: string, { type }: Head): boolean {
  if (/^[{[]/.test(beginning)) return false;
  if (/^\ufeff?(?:data|event|id|retry)?:/.test(beginning)) return true;
  return beginning.length >= LONGEST_FIELD && /^text\/event-stream/i.test(type ?? '');
}

function take(to: Asked, stream: StreamAssembler, text: string): void {
  stream.push(text);
  if (stream.error !== null) throw toldError(to, stream.error, stream.begun);
}

function finished(to: Asked, stream: StreamAssembler): unknown {
  const body = stream.end();
  if (stream.error !== null) throw toldError(to, stream.error, stream.begun);
  if (body === null) throw lost(to, 'the stream ended in the middle of a reply');
  return body;
}

function readJson(to: Asked, text: string, head: Head): unknown {
  const body = parsed(to, text, head);
  const error = errorIn(body);
  if (error !== null) throw toldError(to, error, false);
  return body;
}

function parsed(to: Asked, text: string, { status, type }: Head): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (text.trim() === '') throw lost(to, 'an empty reply', cause);
    if (/^\s*[{[]/.test(text) || type?.toLowerCase().includes('json')) throw torn(to, cause);
    const kind = type === null ? 'no content type' : shown(to, type);
    throw notAnEndpoint(to, `answered with ${kind} instead of JSON: ${shown(to, text, 80)}`, status);
  }
}

function torn(to: Asked, cause: unknown): EndpointError {
  return lost(to, `a torn or broken reply (${(cause as Error).message})`, cause);
}
