/** A server on a free port over a checkpoint in a process of its own. */

import type { Backend } from '../../src/serving/backend.ts';
import { createApp } from '../../src/serving/http/app.ts';
import { KeepingObserver, OpenAccess } from '../../src/serving/http/testing.ts';
import { MODEL_DEFAULTS, startBackend } from '../../src/serving/process/index.ts';
import { startServer } from '../../src/serving/server.ts';

export interface RealServer {
  /** Without a path. */
  readonly url: string;
  readonly backend: Backend;
  readonly observer: KeepingObserver;
  /** Everything that went wrong: of the server, of the socket and of the model's process. */
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}

/** Serves a checkpoint under the name `bytes`, on the CPU. */
export async function serveReal(checkpoint: string): Promise<RealServer> {
  const observer = new KeepingObserver();
  const small = { maxRows: 4, maxQueue: 4, stallTimeoutMs: 10_000, threads: 1 };
  const model = { ...MODEL_DEFAULTS, id: 'bytes', checkpoint, device: 'cpu', ...small };
  const backend = await startBackend([model], ({ message }) => void observer.errors.push(message));
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    localNamesOnly: true,
    onError: (error) => void observer.errors.push(error),
  });
  const app = createApp({
    backend,
    era: 'open',
    access: new OpenAccess(),
    observer,
    corsOrigins: [],
    maxBodyBytes: 4 * 1024 * 1024,
    keepAliveMs: 10_000,
    pageDir: null,
  });
  server.answer((request) => app.fetch(request));
  const close = async (): Promise<void> => {
    await server.close();
    await backend.close();
  };
  return { url: server.url, backend, observer, errors: observer.errors, close };
}
