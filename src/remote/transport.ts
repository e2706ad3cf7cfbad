/**
 * @file One attempt: a request posted, the whole reply read, whatever went wrong told as an EndpointError.
 *
 * Time counts twice: for the attempt as a whole, and for silence (keep-alive comments and blank lines break it). Replies
 * are read up to a bound, so that no endpoint can fill the memory. Redirects are not followed: a key is sent to the
 * address that was given and no other.
 */
import type { Json } from '../records.ts';
import { printable } from '../text/index.ts';
import { EndpointError, kindOf, messageIn, remedyFor } from './endpoint-error.ts';
import { retryAfter } from './retry.ts';
import { StreamAssembler } from './stream.ts';

/** Where and how requests are sent. */
export interface Connection {
  /** Address of the endpoint, for messages and as the beginning of paths; no slash at the end. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | undefined;
  /** Name of the variable the key came from, for messages. */
  readonly keyEnv: string | undefined;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Longest reply read, in bytes. */
const LONGEST_REPLY = 64 * 2 ** 20;
/** Longest message of an endpoint that is shown, in characters. */
const LONGEST_MESSAGE = 500;

/**
 * Posts a body and returns the reply's.
 * @throws EndpointError for whatever goes wrong; the reason of `signal` when it is aborted
 */
export async function post(
  to: Connection,
  path: string,
  body: Json,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const watch = new Watch(to, signal);
  try {
    const response = await fetch(`${to.baseUrl}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(to.apiKey === undefined ? {} : { authorization: `Bearer ${to.apiKey}` }),
      },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: watch.signal,
    });
    watch.heard();
    if (!response.ok) throw await refusal(to, response, watch);
    const isStream = (response.headers.get('content-type') ?? '').includes('text/event-stream');
    return isStream ? await readStream(to, response, watch) : await readBody(to, response, watch);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EndpointError) throw error;
    const kind = watch.why === null && UNCONNECTED.has(codeOf(error)) ? 'unreachable' : 'lost';
    throw failed(to, kind, watch.why ?? reasonOf(error), error);
  } finally {
    watch.end();
  }
}

/** Aborts an attempt that takes too long, or in which nothing is heard for too long. */
class Watch {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = () => this.#abort.abort();
  readonly #total: NodeJS.Timeout;
  readonly #idleMs: number;
  #idle: NodeJS.Timeout;
  /** Why it was aborted, where it was by time. */
  why: string | null = null;

  constructor({ timeoutMs, idleTimeoutMs }: Connection, outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener('abort', this.#onAbort, { once: true });
    if (outer?.aborted) this.#onAbort();
    this.#total = setTimeout(() => this.#stop(`no whole reply within ${timeoutMs / 1000} s`), timeoutMs);
    this.#idleMs = idleTimeoutMs;
    this.#idle = this.#startIdle();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something arrived. */
  heard(): void {
    clearTimeout(this.#idle);
    this.#idle = this.#startIdle();
  }

  end(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  #startIdle(): NodeJS.Timeout {
    return setTimeout(() => this.#stop(`nothing heard for ${this.#idleMs / 1000} s`), this.#idleMs);
  }

  #stop(why: string): void {
    this.why = why;
    this.#abort.abort();
  }
}

/** The reply's text, piece by piece. */
async function* pieces(to: Connection, response: Response, watch: Watch): AsyncGenerator<string> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    watch.heard();
    bytes += chunk.byteLength;
    if (bytes > LONGEST_REPLY) {
      throw new EndpointError(
        `${to.baseUrl}: a reply of more than ${LONGEST_REPLY} bytes`,
        'Ask for shorter replies.',
        {
          kind: 'refused',
        },
      );
    }
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

async function readText(to: Connection, response: Response, watch: Watch): Promise<string> {
  const read: string[] = [];
  for await (const piece of pieces(to, response, watch)) read.push(piece);
  return read.join('');
}

async function readBody(to: Connection, response: Response, watch: Watch): Promise<unknown> {
  const text = await readText(to, response, watch);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const type = response.headers.get('content-type') ?? 'no content type';
    if (type.includes('json')) throw lost(to, `a torn or broken reply (${(cause as Error).message})`, cause);
    throw new EndpointError(
      `${to.baseUrl}: answered with ${shown(to, type)} instead of JSON: ${shown(to, text, 80)}`,
      'Give the address of an OpenAI-compatible API; it usually ends in /v1.',
      { kind: 'refused', status: response.status },
    );
  }
}

async function readStream(to: Connection, response: Response, watch: Watch): Promise<unknown> {
  const assembler = new StreamAssembler();
  for await (const piece of pieces(to, response, watch)) {
    assembler.push(piece);
    if (assembler.error !== null) throw lost(to, shown(to, messageIn(assembler.error) ?? 'an error'), null);
  }
  const body = assembler.end();
  if (assembler.error !== null) throw lost(to, shown(to, messageIn(assembler.error) ?? 'an error'), null);
  if (body === null) throw lost(to, 'the stream ended in the middle of a reply', null);
  return body;
}

async function refusal(to: Connection, response: Response, watch: Watch): Promise<EndpointError> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    return new EndpointError(
      `${to.baseUrl}: moved to ${shown(to, headers.get('location') ?? 'elsewhere')} (status ${status})`,
      'Give the new address, if you trust it.',
      { kind: 'refused', status },
    );
  }
  const text = await readText(to, response, watch).catch(() => '');
  const message = shown(to, messageIn(parsed(text)) ?? '(no message)');
  return new EndpointError(
    `${to.baseUrl}: status ${status}: ${message}`,
    remedyFor(status, to.model, to.keyEnv),
    {
      kind: kindOf(status),
      status,
      retryAfterMs: retryAfter(headers.get('retry-after'), new Date()),
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function lost(to: Connection, why: string, cause: unknown): EndpointError {
  return failed(to, 'lost', why, cause);
}

function failed(to: Connection, kind: 'lost' | 'unreachable', why: string, cause: unknown): EndpointError {
  const remedy = 'Check that the endpoint is up and can be reached from here.';
  return new EndpointError(`${to.baseUrl}: ${why}`, remedy, { kind, cause });
}

/** Error codes of connections that were never made. */
const UNCONNECTED: ReadonlySet<string | undefined> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(error: unknown): string | undefined {
  return (error as { cause?: { code?: string } }).cause?.code;
}

/** fetch says only "fetch failed"; the cause says why. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.message || cause?.code || (error instanceof Error ? error.message : String(error));
}

/** What an endpoint wrote made fit to be shown: short, no control characters, no key. */
function shown({ apiKey }: Connection, text: string, length = LONGEST_MESSAGE): string {
  const safe = apiKey === undefined ? text : text.replaceAll(apiKey, '…');
  const line = printable(safe).replace(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length)}…`;
}
