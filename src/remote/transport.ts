/**
 * @file One attempt: a request posted, the whole reply read, whatever went wrong told as an EndpointError.
 *
 * Time counts twice: for the attempt as a whole, and for silence (keep-alive comments and blank lines break it). Replies
 * are read up to a bound, so that no endpoint can fill the memory. Redirects are not followed: a key is sent to the
 * address that was given and no other.
 */
import type { Json } from '../records.ts';
import { startTimeLimit } from '../run/time-limit.ts';
import { readAnswer } from './body.ts';
import { EndpointError } from './endpoint-error.ts';
import { type Asked, connectionFailed, lost, refusal, shown, tooLong, unreachable } from './failures.ts';

/** Where and how requests are sent. */
export interface Connection extends Asked {
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Longest reply read, in bytes. */
export const LONGEST_REPLY = 64 * 2 ** 20;

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
    if (!response.ok) throw await refused(to, response, watch);
    const type = response.headers.get('content-type');
    return await readAnswer(to, pieces(to, response, watch), { status: response.status, type });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EndpointError) throw error;
    if (watch.why !== null) throw lost(to, watch.why, error);
    // fetch refuses some ports (https://fetch.spec.whatwg.org/#port-blocking) and gives no code.
    if (reasonOf(error) === 'bad port') throw unreachable(to, 'bad port', error);
    throw connectionFailed(to, codeOf(error), reasonOf(error), error);
  } finally {
    watch.end();
  }
}

/** Aborts an attempt that takes too long, or in which nothing is heard for too long. */
class Watch {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = () => this.#abort.abort();
  readonly #endTotal: () => void;
  readonly #idleMs: number;
  #endIdle: () => void;
  /** Why it was aborted, where it was by time. */
  why: string | null = null;

  constructor({ timeoutMs, idleTimeoutMs }: Connection, outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener('abort', this.#onAbort, { once: true });
    if (outer?.aborted) this.#onAbort();
    this.#endTotal = startTimeLimit(timeoutMs, () =>
      this.#stop(`no whole reply within ${timeoutMs / 1000} s`),
    );
    this.#idleMs = idleTimeoutMs;
    this.#endIdle = this.#startIdle();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something arrived. */
  heard(): void {
    this.#endIdle();
    this.#endIdle = this.#startIdle();
  }

  end(): void {
    this.#endTotal();
    this.#endIdle();
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  #startIdle(): () => void {
    return startTimeLimit(this.#idleMs, () => this.#stop(`nothing heard for ${this.#idleMs / 1000} s`));
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
      throw tooLong(to, LONGEST_REPLY);
    }
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

async function refused(to: Connection, response: Response, watch: Watch): Promise<EndpointError> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    return new EndpointError(
      `${to.baseUrl}: moved to ${shown(to, headers.get('location') ?? 'elsewhere')} (status ${status})`,
      'Give the new address, if you trust it.',
      { kind: 'refused', status },
    );
  }
  const text: string[] = [];
  try {
    for await (const piece of pieces(to, response, watch)) text.push(piece);
  } catch {
    // What came before the break may say enough.
  }
  return refusal(to, status, headers, text.join(''));
}

function codeOf(error: unknown): string | undefined {
  return (error as { cause?: { code?: string } }).cause?.code;
}

/** fetch says only "fetch failed"; the cause says why. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.message || cause?.code || (error instanceof Error ? error.message : String(error));
}
