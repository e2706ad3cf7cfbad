/**
 * @file The program of a server over a paced model: `aha serve` without its command line.
 *
 *   node --import tsx bench/paced/server.ts <directory of tokenizer and paced.json> <rows>
 *
 * Prints its address as JSON once it takes requests, and ends with SIGTERM.
 */
import type * as Serving from '../../src/serving/index.ts';
import { built } from './built.ts';
import { profiled } from './profile.ts';

const { createAccess, createApp, createLog, createObserver, MODEL_DEFAULTS, startBackend, startServer } =
  await built<typeof Serving>('serving/index');

const [, , checkpoint = '', rows = ''] = process.argv;
const log = createLog(process.stderr, 'error');
const observer = createObserver({ log, models: ['model'], version: 'bench' });
const server = await startServer({
  host: '127.0.0.1',
  port: 0,
  localNamesOnly: true,
  onError: (error) => observer.error('socket', error),
});
const backend = await startBackend(
  [{ ...MODEL_DEFAULTS, id: 'model', checkpoint, device: 'cpu', maxRows: Number(rows) }],
  ({ message }) => log.warn(message),
  new URL('./model.ts', import.meta.url),
);
const app = createApp({
  backend,
  era: 'open',
  access: createAccess({ keys: null }),
  observer,
  corsOrigins: [],
  maxBodyBytes: 4 * 2 ** 20,
  keepAliveMs: 10_000,
  pageDir: null,
});
profiled('server');
server.answer((request) => app.fetch(request));
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
// The model's process ends by itself when this one has: killed, it would leave no profile.
process.once('SIGTERM', () => process.exit(0));
