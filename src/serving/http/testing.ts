/** @file An app over a scripted backend, with open access and an observer that keeps what it is told. */
import type { GenerationEvent, GenerationRequest, ModelInfo } from '../backend.ts';
import type { Access } from './access.ts';
import { createApp } from './app.ts';
import type { App, AppOptions } from './context.ts';
import type { Era } from './eras.ts';
import type { Observer, RequestEntry } from './observer.ts';
import { FOUR, type Script, ScriptedBackend } from './scripted/testing.ts';

export * from './scripted/testing.ts';

/** Lets everybody in, and keeps what was settled. */
export class OpenAccess implements Access {
  readonly required = false;
  readonly settled: number[] = [];

  admit() {
    return { key: 'anyone', settle: (tokens: number) => void this.settled.push(tokens) };
  }
}

/** Keeps what it is told. */
export class KeepingObserver implements Observer {
  readonly requests: RequestEntry[] = [];
  readonly errors: unknown[] = [];

  request(entry: RequestEntry): void {
    this.requests.push(entry);
  }

  error(_id: string, error: unknown): void {
    this.errors.push(error);
  }

  metrics(): Promise<{ contentType: string; body: string }> {
    return Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: 'aha_requests_total 1\n' });
  }
}

export interface TestApp {
  readonly app: App;
  readonly backend: ScriptedBackend;
  readonly access: OpenAccess;
  readonly observer: KeepingObserver;
  /** Sends a JSON body. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Sends a chat request with one question, `more` beside it. */
  chat(more?: object, path?: string): Promise<Response>;
  /** The last request the backend was given. */
  last(): GenerationRequest;
}

/** An app over a scripted backend. */
export function testApp(
  scripts: readonly (Script | readonly GenerationEvent[])[] = [FOUR],
  options: Partial<AppOptions> & { readonly models?: readonly ModelInfo[] } = {},
): TestApp {
  const { models, ...more } = options;
  const backend = new ScriptedBackend(
    scripts.map((script) => (typeof script === 'function' ? script : () => script)),
    models,
  );
  const [access, observer] = [new OpenAccess(), new KeepingObserver()];
  const app = createApp({
    backend,
    era: 'open',
    access,
    observer,
    corsOrigins: [],
    maxBodyBytes: 4 * 1024 * 1024,
    keepAliveMs: 10_000,
    pageDir: null,
    ...more,
  });
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    app,
    backend,
    access,
    observer,
    post,
    chat: (extra = {}, path = '/v1/chat/completions') =>
      post(path, { model: 'r1-tiny', messages: [{ role: 'user', content: '2 + 2?' }], ...extra }),
    last: () => backend.requests.at(-1)!.request,
  };
}

/** Parts of requests that call a tool. */
export const TOOLS = [{ type: 'function', function: { name: 'f' } }];
export const CALL = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
export const RESULT = { role: 'tool', tool_call_id: 'c1', content: 'r' };

export const user = (content = 'x') => ({ role: 'user', content });

/** Sends a chat request to a server of an era; gives what came back and what the backend was asked. */
export async function askIn(era: Era, body: object, path?: string) {
  const test = testApp([FOUR], { era });
  const response = await test.chat(body, path);
  const error = ((await response.json()) as { error?: { message: string; param: string | null } }).error;
  return { test, status: response.status, error, request: test.backend.requests[0]?.request };
}

/** The transcript of a stream with what differs from run to run replaced. */
export function normalised(text: string): string {
  return text
    .replace(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, 'ID')
    .replace(/"created":\d+/g, '"created":0')
    .replace(/"call_[\da-f]{32}"/g, '"call_ID"');
}

/** The events of a stream, `[DONE]` left out. */
export function chunksOf<T = Record<string, unknown>>(text: string): T[] {
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!) as T);
}
