/** @file For tests of the server: real sockets, and routes that take as long as the test wants. */
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { afterEach, beforeEach } from 'vitest';
import { type RunningServer, type ServerOptions, startServer } from '../../src/serving/server.ts';

const open: (() => unknown)[] = [];

/** What the servers of a test told of defects. */
export const errors: unknown[] = [];

/** Ends the servers and connections of each test of a file. */
export function endServers(): void {
  beforeEach(() => void errors.splice(0));
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });
}

/** Routes that take as long as the test wants. */
export function tinyApp() {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const begun: string[] = [];
  const aborted: string[] = [];
  const app = new Hono();
  app.onError((_error, c) => c.text('failed', 500));
  app.get('/health', (c) => c.json({ status: 'ready' }));
  app.get('/text', (c) => c.json({ text: 'grüß' }));
  app.post('/echo', async (c) => c.text(await c.req.text()));
  app.post('/slow', async (c) => {
    begun.push('slow');
    c.req.raw.signal.addEventListener('abort', () => aborted.push('slow'));
    await released;
    return c.text('done');
  });
  app.post('/stream', () => {
    const encoder = new TextEncoder();
    const stream = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(encoder.encode('first '));
        await released;
        controller.enqueue(encoder.encode('last'));
        controller.close();
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  });
  app.get('/broken', () => {
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await sleep(20);
        controller.error(new Error('secret detail'));
      },
      start: (controller) => controller.enqueue(new TextEncoder().encode('begun ')),
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  });
  return { app, release, begun, aborted };
}

export async function start(options: Partial<ServerOptions> = {}) {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    localNamesOnly: false,
    onError: (error) => void errors.push(error),
    ...options,
  });
  open.push(() => server.close());
  return server;
}

export async function serving(options: Partial<ServerOptions> = {}) {
  const server = await start(options);
  const tiny = tinyApp();
  server.answer((request) => tiny.app.fetch(request));
  return { server, ...tiny };
}

/** Of a request that asks for something to be done. */
export const post = { method: 'POST', body: 'x' };

/** A connection that says what it is told, and what came back. */
export async function raw(
  server: RunningServer,
  text: string,
): Promise<{ socket: Socket; read: () => string }> {
  let read = '';
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.setEncoding('utf8').on('data', (data: string) => {
    read += data;
  });
  socket.on('error', () => undefined);
  open.push(() => socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(text);
  return { socket, read: () => read };
}

/** The status under a Host header of one's choice, which fetch does not let one choose. */
export function statusFor(server: RunningServer, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${server.url}/text`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}
