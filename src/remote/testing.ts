/** @file A chat endpoint on this machine for tests: each request is answered by the next handler, the last one stays. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

export type Handler = (response: ServerResponse, seen: Seen) => void;

/** A running server. */
export interface FakeEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  /** Most requests that were open at once. */
  readonly mostOpen: () => number;
}

/** Starts a server on a free port of the loopback. */
export async function fakeEndpoint(...handlers: readonly Handler[]): Promise<FakeEndpoint> {
  const seen: Seen[] = [];
  let [open, most, next] = [0, 0, 0];
  const server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => {
      open -= 1;
    });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Seen['body'];
      const one: Seen = { path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      handlers[Math.min(next++, handlers.length - 1)]!(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    seen,
    mostOpen: () => most,
    [Symbol.asyncDispose]: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Answers with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Handler {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Answers with a text under this content type, or under none. */
export function typed(type: string | undefined, text: string, status = 200): Handler {
  return (response) => {
    response.writeHead(status, type === undefined ? {} : { 'content-type': type });
    response.end(text);
  };
}

/** Answers with these server-sent events, each text one write. */
export function events(...writes: readonly string[]): Handler {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const write of writes) response.write(write);
    response.end();
  };
}

/** A completion with one choice. */
export function completion(
  message: Record<string, unknown>,
  more: { finish?: string | null; usage?: unknown } = {},
): Record<string, unknown> {
  const { finish = 'stop', usage = { prompt_tokens: 10, completion_tokens: 20 } } = more;
  return {
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
    usage,
  };
}
