/**
 * @file The socket around the HTTP interface: binding, time limits against clients that send slowly or read nothing, and
 * ending without cutting replies off. TLS is left to a proxy.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener, RequestError } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { UserError } from '../errors.ts';
import { isLocalHostHeader } from './access/index.ts';
import { ApiError } from './http/errors.ts';
import { TextBody } from './http/text-body.ts';
import { sendTexts } from './send-texts.ts';

export type Fetch = (request: Request) => Response | Promise<Response>;

/** Bounds of a connection; times in milliseconds. */
export interface SocketLimits {
  /** From a request's first byte to the end of its headers. */
  readonly headersTimeout: number;
  /** From a request's first byte to the end of its body. Its reply may take as long as it takes. */
  readonly requestTimeout: number;
  /** How long a connection without a request stays open. Proxies keep theirs for 60 s and must be the first to close. */
  readonly keepAliveTimeout: number;
  /** How often the two first are looked at. */
  readonly connectionsCheckingInterval: number;
  /** Bytes of all headers together. */
  readonly maxHeaderSize: number;
  /** Further connections are closed at once. */
  readonly maxConnections: number;
  /** How long a client may take nothing of a reply that is there for it. Then its connection is closed. */
  readonly stallTimeout: number;
}

export const SOCKET_LIMITS: SocketLimits = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * 1024,
  maxConnections: 1024,
  stallTimeout: 60_000,
};

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Answer only requests whose Host header names this machine: for servers that ask for no key. */
  readonly localNamesOnly: boolean;
  /** Told of errors that reached the socket: a defect of the interface. */
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<SocketLimits>;
}

/** A server that is bound. */
export interface RunningServer {
  /** With the port that was taken, without a slash at its end. */
  readonly url: string;
  readonly draining: boolean;
  /** Hands requests over from now on. Before, all are answered with 503. */
  answer(fetch: Fetch): void;
  /**
   * Refuses new work with 503, waits for the requests under way, at most so many milliseconds, and closes. Reading
   * (GET), such as `/health`, stays possible until the end.
   * @returns how many requests were cut off
   */
  drain(timeoutMs: number): Promise<number>;
  /** Closes at once. */
  close(): Promise<void>;
}

/**
 * Binds; requests are answered with 503 until `answer` is called.
 * @throws UserError when the address cannot be bound
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = new HttpServer(options);
  await server.listen();
  return server;
}

class HttpServer implements RunningServer {
  url = '';
  draining = false;
  readonly #options: ServerOptions;
  readonly #server: Server;
  /** Responses that were begun before draining. */
  readonly #open = new Set<ServerResponse>();
  #fetch: Fetch | null = null;
  #onOneEnded: (() => void) | null = null;

  constructor(options: ServerOptions) {
    this.#options = options;
    const { maxConnections, stallTimeout, ...limits } = { ...SOCKET_LIMITS, ...options.limits };
    const listener = getRequestListener(
      (request, { incoming, outgoing }) =>
        this.#handle(request, incoming as IncomingMessage, outgoing as ServerResponse),
      { hostname: options.host, overrideGlobalObjects: false, errorHandler: (error) => this.#failed(error) },
    );
    this.#server = createServer(limits, (incoming, outgoing) => {
      this.#track(outgoing);
      outgoing.on('timeout', (socket: Socket) => endStalled(socket, stallTimeout));
      void listener(incoming, outgoing);
    });
    this.#server.maxConnections = maxConnections;
    this.#server.timeout = stallTimeout;
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(cannotBind(host, port, error)));
      this.#server.listen({ host, port }, resolve);
    });
    const { port: taken } = this.#server.address() as AddressInfo;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
  }

  answer(fetch: Fetch): void {
    this.#fetch = fetch;
  }

  async drain(timeoutMs: number): Promise<number> {
    this.draining = true;
    const timer = new AbortController();
    const allEnded = new Promise<void>((resolve) => {
      this.#onOneEnded = () => this.#open.size === 0 && resolve();
      this.#onOneEnded();
    });
    const timeout = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([allEnded, timeout]);
    timer.abort();
    const cut = this.#open.size;
    await this.close();
    return cut;
  }

  async close(): Promise<void> {
    this.draining = true;
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.once('close', resolve));
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #track(outgoing: ServerResponse): void {
    if (this.draining) return;
    this.#open.add(outgoing);
    outgoing.once('close', () => {
      this.#open.delete(outgoing);
      this.#onOneEnded?.();
    });
  }

  async #handle(request: Request, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Response> {
    if (this.#options.localNamesOnly && !isLocalHostHeader(incoming.headers.host)) return refused(NOT_LOCAL);
    if (this.#fetch === null) {
      const health = incoming.url === '/health';
      return health ? Response.json({ status: 'starting' }, { status: 503 }) : refused(STARTING);
    }
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (this.draining && !reads) return refused(STOPPING, { connection: 'close' });
    const response = await this.#fetch(request);
    const { body } = response;
    if (body === null) return response;
    return body instanceof TextBody
      ? this.#send(response, body, outgoing)
      : this.#guarded(response, body, outgoing);
  }

  /** As `#guarded`, straight into the socket. */
  async #send(response: Response, { source }: TextBody, outgoing: ServerResponse): Promise<Response> {
    outgoing.statusCode = response.status;
    outgoing.setHeaders(response.headers);
    try {
      await sendTexts(outgoing, source);
    } catch (error) {
      this.#options.onError(error);
      outgoing.destroy();
    }
    return RESPONSE_ALREADY_SENT;
  }

  /** A body that fails ends the connection, and nothing of the failure is sent. */
  #guarded(response: Response, body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Response {
    const reader = body.getReader();
    let cancelled = false;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      try {
        const { done, value } = await reader.read();
        // The client has gone: a cancelled stream takes nothing, not even its end.
        if (cancelled) return;
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        this.#options.onError(error);
        outgoing.destroy();
        controller.close();
      }
    };
    const cancel = (reason: unknown): Promise<void> => {
      cancelled = true;
      return reader.cancel(reason);
    };
    return new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }), response);
  }

  #failed(error: unknown): Response {
    // A request line or Host header that is no address.
    if (error instanceof RequestError) return refused(new ApiError(400, 'The request has no valid address.'));
    this.#options.onError(error);
    return refused(new ApiError(500, 'The server failed to answer.', { code: 'internal_error' }));
  }
}

/**
 * Closes a connection on which nothing has moved for a while, where that is the client's doing: text lies there that it
 * does not take. Where the server is the one to write next, the connection gets as long again.
 */
function endStalled(socket: Socket, stallTimeout: number): void {
  if (socket.writableLength > 0) socket.destroy();
  else socket.setTimeout(stallTimeout);
}

const STARTING = new ApiError(503, 'The models are being loaded.', { code: 'starting', retryAfter: 2 });
const STOPPING = new ApiError(503, 'The server is shutting down.', { code: 'unavailable', retryAfter: 5 });
const NOT_LOCAL = new ApiError(
  403,
  'This server asks for no key and answers only under a name of its own machine, such as localhost.',
  { code: 'host_not_allowed' },
);

function refused(error: ApiError, headers: { readonly [name: string]: string } = {}): Response {
  return Response.json(error.body(), { status: error.status, headers: { ...error.headers, ...headers } });
}

const NO_ADDRESS = [
  'the host is no address of this machine',
  'Name one with --host, such as 127.0.0.1 or 0.0.0.0.',
] as const;

const BIND_ERRORS: { readonly [code: string]: readonly [what: string, remedy: string] } = {
  EADDRINUSE: ['the port is in use', 'Take another with --port; --port 0 takes a free one.'],
  EACCES: ['this user may not bind to the port', 'Take one from 1024.'],
  EADDRNOTAVAIL: NO_ADDRESS,
  ENOTFOUND: NO_ADDRESS,
  EAI_AGAIN: NO_ADDRESS,
};

function cannotBind(host: string, port: number, cause: NodeJS.ErrnoException): UserError {
  const [what, remedy] = BIND_ERRORS[cause.code ?? ''] ?? [
    `cannot be bound (${cause.message})`,
    'Check --host and --port.',
  ];
  return new UserError(`${host}:${port}: ${what}`, remedy, { cause });
}
