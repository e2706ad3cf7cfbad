/**
 * @file One request to a server whose answers take as long as they take: JSON sent, JSON read whole.
 *
 * fetch gives up after 300 s without an answer, so this is Node's own client. A server that samples long responses is
 * silent until they end. Connections are kept open for further requests.
 */
import http from 'node:http';
import https from 'node:https';
import type { Json } from '../records.ts';
import { startTimeLimit } from '../run/time-limit.ts';
import { EndpointError } from './endpoint-error.ts';
import { errorIn } from './error-message.ts';
import { type Asked, connectionFailed, lost, refusal, toldError, tooLong } from './failures.ts';
import { LONGEST_REPLY } from './transport.ts';

/** A server as it is asked. */
export type Host = Asked;

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash; may have a query. */
  readonly path: string;
  readonly body?: Json;
  /** From the first byte sent to the last one read. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const AGENTS = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
};
/** Milliseconds of silence after which the other end is asked for a sign of life. */
const KEEP_ALIVE_MS = 15_000;

/**
 * The body of the answer; null where it is empty.
 * @throws EndpointError for whatever goes wrong, a status other than 2xx too; the reason of `signal` when it is aborted
 */
export async function requestJson(to: Host, request: JsonRequest): Promise<unknown> {
  const { signal, timeoutMs } = request;
  signal?.throwIfAborted();
  const abort = new AbortController();
  let isLate = false;
  const onAbort = (): void => abort.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const endLimit = startTimeLimit(timeoutMs, () => {
    isLate = true;
    abort.abort();
  });
  try {
    const { status, headers, text } = await exchangeAgain(to, request, abort.signal);
    if (status < 200 || status > 299) throw refusal(to, status, headers, text);
    return read(to, text);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EndpointError) throw error;
    if (isLate) throw lost(to, `no whole reply within ${timeoutMs / 1000} s`, error);
    const { code, message } = error as NodeJS.ErrnoException;
    throw connectionFailed(to, code, message || String(code), error);
  } finally {
    endLimit();
    signal?.removeEventListener('abort', onAbort);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The server closed the connection that was kept open, while nothing was under way on it. */
class StaleConnection extends Error {}

/** A connection that turns out to be closed is no failure of the server: a new one is made, once. */
async function exchangeAgain(to: Host, request: JsonRequest, signal: AbortSignal): Promise<Answer> {
  try {
    return await exchange(to, request, signal, true);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return exchange(to, request, signal, false);
  }
}

function exchange(
  to: Host,
  { method, path, body }: JsonRequest,
  signal: AbortSignal,
  keepAlive: boolean,
): Promise<Answer> {
  const url = new URL(`${to.baseUrl}${path}`);
  const { request } = url.protocol === 'https:' ? https : http;
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    accept: 'application/json',
    ...(sent !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(sent),
    }),
    ...(to.apiKey !== undefined && { authorization: `Bearer ${to.apiKey}` }),
  };
  return new Promise((resolve, reject) => {
    const agent = keepAlive && AGENTS[url.protocol as keyof typeof AGENTS];
    const asking = request(url, { method, headers, agent, signal }, (response) => {
      readWhole(to, response).then(resolve, reject);
    });
    asking.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = keepAlive && asking.reusedSocket && /^(?:ECONNRESET|EPIPE)$/.test(error.code ?? '');
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    asking.end(sent);
  });
}

async function readWhole(to: Host, response: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_REPLY) throw tooLong(to, LONGEST_REPLY);
    chunks.push(chunk);
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
  return { status: response.statusCode ?? 0, headers, text: Buffer.concat(chunks).toString('utf8') };
}

/** @throws EndpointError where the text is no JSON, or tells an error in the place of an answer */
function read(to: Host, text: string): unknown {
  if (text.trim() === '') return null;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw lost(to, `a torn reply, or none in JSON (${(cause as Error).message})`, cause);
  }
  const error = errorIn(body);
  if (error !== null) throw toldError(to, error, false);
  return body;
}
