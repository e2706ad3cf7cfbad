/** @file Asks the server: which models there are, and a question with its reply as a stream of events. */
import type { ReplyEvent } from './reply.ts';
import type { ChatBody } from './request.ts';
import { SseParser } from './sse.ts';
import {
  readChunk,
  readErrorMessage,
  readModels,
  readServerInfo,
  type ServedModel,
  type ServerInfo,
} from './wire.ts';

/** Statuses below 500 that are no fault of the request: too slow, too early, too many. */
const PASSING: readonly number[] = [408, 425, 429];

/** An answer of the server that is none. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly status: number | null;
  readonly retryAt: number | null;
  /** The same request may get an answer another time. */
  readonly passing: boolean;

  /**
   * @param status - of the answer; null where none came, or the connection broke
   * @param passing - where the status does not tell
   */
  constructor(
    message: string,
    status: number | null,
    retryAt: number | null = null,
    passing = status === null || status >= 500 || PASSING.includes(status),
  ) {
    super(message);
    this.status = status;
    this.retryAt = retryAt;
    this.passing = passing;
  }
}

const UNREACHABLE = 'The server cannot be reached.';
const BROKEN = 'The connection ended before the reply was complete.';

/** @throws ServerError */
export async function fetchServerInfo(): Promise<ServerInfo> {
  return readServerInfo(await (await request('/server.json', '')).json());
}

/** @throws ServerError */
export async function fetchModels(key: string): Promise<ServedModel[]> {
  return readModels(await (await request('/v1/models', key)).json());
}

/**
 * Asks and hands on each event as it comes; returns when the reply is complete.
 * @throws ServerError; what fetch throws where the signal is aborted
 */
export async function streamReply(
  body: ChatBody,
  key: string,
  signal: AbortSignal,
  take: (event: ReplyEvent) => void,
): Promise<void> {
  const response = await request('/v1/chat/completions', key, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  let finished = false;
  for await (const data of eventData(response, signal)) {
    if (data === '[DONE]') return;
    const event = readChunk(data, Date.now());
    if (event.type === 'error') throw new ServerError(event.message, null, null, event.passing);
    if (event.type === 'piece' && event.finish !== null) finished = true;
    take(event);
  }
  if (!finished) throw new ServerError(BROKEN, null);
}

async function* eventData({ body }: Response, signal: AbortSignal): AsyncGenerator<string> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw signal.aborted ? error : new ServerError(BROKEN, null);
      });
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    // Left early, the connection is let go; one that broke has nothing to cancel.
    void reader.cancel().catch(() => undefined);
  }
}

async function request(path: string, key: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key !== '') headers.set('authorization', `Bearer ${key}`);
  const response = await fetch(path, { ...init, headers, cache: 'no-store' }).catch((error: unknown) => {
    throw init.signal?.aborted === true ? error : new ServerError(UNREACHABLE, null);
  });
  if (response.ok) return response;
  const message = readErrorMessage(await response.text().catch(() => ''));
  throw new ServerError(message || `HTTP ${response.status}`, response.status, retryTime(response));
}

/** `Retry-After` in seconds or as a date. */
function retryTime(response: Response): number | null {
  const value = response.headers.get('retry-after');
  if (value === null) return null;
  const time = /^\d+$/.test(value) ? Date.now() + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(time) ? null : time;
}
