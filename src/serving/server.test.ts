/** @file Real sockets: starting, ending, and clients that do not behave. */
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, settled } from '../../tests/support/eventually.ts';
import { Gate } from '../../tests/support/gate.ts';
import { UserError } from '../errors.ts';
import { TextBody } from './http/text-body.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';

const open: (() => unknown)[] = [];
let errors: unknown[];
beforeEach(() => {
  errors = [];
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Routes that take as long as the test wants. */
function tinyApp() {
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

async function start(options: Partial<ServerOptions> = {}) {
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

async function serving(options: Partial<ServerOptions> = {}) {
  const server = await start(options);
  const tiny = tinyApp();
  server.answer((request) => tiny.app.fetch(request));
  return { server, ...tiny };
}

const post = { method: 'POST', body: 'x' };

/** A connection that says what it is told, and what came back. */
async function raw(server: RunningServer, text: string): Promise<{ socket: Socket; read: () => string }> {
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
function statusFor(server: RunningServer, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${server.url}/text`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

describe('startServer', () => {
  it('says where it is, answers, and closes', async () => {
    const { server } = await serving();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${server.url}/text`);
    expect(await response.json()).toEqual({ text: 'grüß' });
    expect(response.headers.get('content-length')).toBe('17');
    await server.close();
    await expect(fetch(`${server.url}/text`)).rejects.toThrow('fetch failed');
    await server.close();
  });

  it('answers 503 until it is given something to answer with', async () => {
    const server = await start();
    const health = await fetch(`${server.url}/health`);
    expect([health.status, await health.json()]).toEqual([503, { status: 'starting' }]);
    const refused = await fetch(`${server.url}/v1/chat/completions`, post);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ error: { code: 'starting' } });
    server.answer((request) => tinyApp().app.fetch(request));
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it.each([
    [
      'a port in use',
      'the port is in use',
      async () => ({ port: Number(new URL((await start()).url).port) }),
    ],
    ['another machine’s address', 'no address of this machine', () => ({ host: '192.0.2.1' })],
  ])('%s is an error with a remedy', async (_what, message, options) => {
    const failing = start(await options());
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toThrow(UserError);
  });

  it('writes an IPv6 address in brackets', async () => {
    const server = await start({ host: '::1' }).catch(() => null);
    // Some machines have no IPv6.
    if (server !== null) expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  });
});

/** A reply made of texts, and what became of it. */
function texts(next: (count: number) => readonly [string, boolean] | Promise<readonly [string, boolean]>) {
  const seen = { taken: 0, cancelled: 0 };
  const body = new TextBody({
    next: async () => next(seen.taken++),
    cancel: () => void seen.cancelled++,
  });
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-of': 'the reply' };
  return { response: new Response(body, { status: 201, headers }), seen };
}

const GET = 'GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n';

describe('a body of texts', () => {
  it('is sent with status and headers, empty texts left out, and the connection goes on', async () => {
    const server = await start();
    const parts = ['grüß', '', ' dich', '!'];
    const replies: ReturnType<typeof texts>[] = [];
    server.answer(() => {
      replies.push(texts((at) => [parts[at]!, at === parts.length - 1]));
      return replies.at(-1)!.response;
    });
    const { socket, read } = await raw(server, GET);
    await eventually(() => expect(read()).toContain('!\r\n0\r\n\r\n'));
    expect(read()).toMatch(/^HTTP\/1\.1 201 /);
    expect(read()).toContain('x-of: the reply\r\n');
    expect(read().split('\r\n\r\n')[1]).toBe('6\r\ngrüß\r\n5\r\n dich\r\n1\r\n!\r\n0');
    socket.write(GET);
    await eventually(() => expect(replies).toHaveLength(2));
    await eventually(() => expect(read().match(/ dich/g)).toHaveLength(2));
    expect(replies.map(({ seen }) => seen)).toEqual([
      { taken: 4, cancelled: 0 },
      { taken: 4, cancelled: 0 },
    ]);
    expect(errors).toEqual([]);
  });

  it('ends with the connection for a client of HTTP 1.0, which knows no chunks', async () => {
    const server = await start();
    server.answer(() => texts((at) => [`${at}`, at === 2]).response);
    const { socket, read } = await raw(server, 'GET /x HTTP/1.0\r\nhost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(read().split('\r\n\r\n')[1]).toBe('012');
  });

  it('keeps its turn where the next request comes before the last is answered', async () => {
    const server = await start();
    const first = new Gate();
    const answers: string[] = [];
    server.answer((request) => {
      const name = new URL(request.url).pathname;
      answers.push(name);
      return texts(async (at) => {
        if (name === '/first') await first.passed;
        return [`${name} ${at} ${'.'.repeat(20_000)}`, at === 2];
      }).response;
    });
    const ask = (name: string): string => `GET ${name} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    const { read } = await raw(server, ask('/first') + ask('/second'));
    await eventually(() => expect(answers).toEqual(['/first', '/second']));
    first.open();
    await eventually(() => expect(read()).toContain('/second 2'));
    const order = [...read().matchAll(/\/(?:first|second) \d/g)].map(([part]) => part);
    expect(order).toEqual(['/first 0', '/first 1', '/first 2', '/second 0', '/second 1', '/second 2']);
    expect(errors).toEqual([]);
  });

  it('is made no faster than it is taken', async () => {
    const server = await start();
    const { response, seen } = texts((at) => ['x'.repeat(65_536), at === 1_000]);
    server.answer(() => response);
    const { socket } = await raw(server, '');
    socket.pause();
    socket.write(GET);
    const before = await settled(() => seen.taken);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(900);
    socket.resume();
    await eventually(() => expect(seen.taken).toBe(1_001));
    expect(seen.cancelled).toBe(0);
  });

  it.each([
    ['waits for the next text', 1],
    ['takes nothing', 65_536],
  ])('is told that its client has gone while it %s', async (_when, size) => {
    const server = await start();
    const never = new Promise<readonly [string, boolean]>(() => undefined);
    const { response, seen } = texts((at) => (at < 1 || size > 1 ? ['x'.repeat(size), false] : never));
    server.answer(() => response);
    const { socket } = await raw(server, '');
    socket.pause();
    socket.write(GET);
    const taken = await settled(() => seen.taken);
    expect(taken).toBeGreaterThan(0);
    socket.destroy();
    await eventually(() => expect(seen.cancelled).toBe(1));
    expect(await settled(() => seen.taken, 100)).toBe(taken);
    expect(errors).toEqual([]);
  });

  it('is told at once where its client has gone before the reply began', async () => {
    const server = await start();
    const { response, seen } = texts(() => ['x', true]);
    let begun = false;
    server.answer(async (request) => {
      begun = true;
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      return response;
    });
    const { socket } = await raw(server, GET);
    await eventually(() => expect(begun).toBe(true));
    socket.destroy();
    await eventually(() => expect(seen).toEqual({ taken: 0, cancelled: 1 }));
  });

  it('that fails ends the connection without a word of what happened', async () => {
    const server = await start();
    const sent = new Gate();
    const { response } = texts(async (at) => {
      if (at === 0) return ['begun ', false];
      await sent.passed;
      throw new Error('secret detail');
    });
    server.answer(() => response);
    const { socket, read } = await raw(server, GET);
    await eventually(() => expect(read()).toContain('begun '));
    sent.open();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(read()).not.toContain('secret');
    expect(errors).toMatchObject([{ message: 'secret detail' }]);
  });

  it('is given up where its client reads nothing for too long', async () => {
    const server = await start({ limits: { stallTimeout: 300 } });
    const { response, seen } = texts(() => ['x'.repeat(65_536), false]);
    server.answer(() => response);
    const { socket } = await raw(server, '');
    socket.pause();
    socket.write(GET);
    await eventually(() => expect(seen.cancelled).toBe(1));
  });
});

describe('names of this machine', () => {
  it('are all that is answered where that is asked for', async () => {
    const { server } = await serving({ localNamesOnly: true });
    expect(await statusFor(server, 'localhost:1234')).toBe(200);
    expect(await statusFor(server, 'evil.example')).toBe(403);
    expect(await statusFor((await serving()).server, 'evil.example')).toBe(200);
  });
});

describe('drain', () => {
  it('refuses new work, lets reading and what is under way go on, and closes', async () => {
    const { server, release, begun } = await serving();
    const slow = fetch(`${server.url}/slow`, post);
    const stream = await fetch(`${server.url}/stream`, post);
    await eventually(() => expect(begun).toEqual(['slow']));
    const drained = server.drain(10_000);
    expect(server.draining).toBe(true);
    const refused = await fetch(`${server.url}/echo`, post);
    expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close']);
    expect(await refused.json()).toMatchObject({ error: { code: 'unavailable' } });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    release();
    expect(await (await slow).text()).toBe('done');
    expect(await stream.text()).toBe('first last');
    expect(await drained).toBe(0);
    await expect(fetch(`${server.url}/health`)).rejects.toThrow('fetch failed');
  });

  it('cuts off what takes too long, and says how much', async () => {
    const { server, begun, aborted } = await serving();
    const slow = fetch(`${server.url}/slow`, post).catch(() => 'cut');
    await eventually(() => expect(begun).toEqual(['slow']));
    const told = performance.now();
    expect(await server.drain(200)).toBe(1);
    expect(performance.now() - told).toBeGreaterThan(190);
    expect(await slow).toBe('cut');
    await eventually(() => expect(aborted).toEqual(['slow']));
  });

  it('does not wait for connections without a request', async () => {
    const { server } = await serving();
    const { socket } = await raw(server, '');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const begun = performance.now();
    expect(await server.drain(50_000)).toBe(0);
    expect(performance.now() - begun).toBeLessThan(25_000);
    await closed;
  });
});

describe('clients that do not behave', () => {
  const limits = {
    headersTimeout: 300,
    requestTimeout: 600,
    keepAliveTimeout: 200,
    connectionsCheckingInterval: 50,
  };

  it('are cut off when their headers do not come', async () => {
    const { server } = await serving({ limits });
    const { socket, read } = await raw(server, 'GET /text HTTP/1.1\r\nhost: localhost\r\n');
    const drip = setInterval(() => socket.write('x-a: b\r\n'), 50);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(drip);
    expect(read()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('are cut off when they say nothing at all', async () => {
    const { server } = await serving({ limits });
    const { socket } = await raw(server, '');
    const begun = performance.now();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('are cut off when their body does not come', async () => {
    const { server } = await serving({ limits });
    const head = 'POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n';
    const { socket } = await raw(server, head);
    const drip = setInterval(() => socket.write('x'), 50);
    const begun = performance.now();
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(drip);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('are not cut off while their reply takes longer than that', async () => {
    const { server, release } = await serving({ limits });
    const slow = fetch(`${server.url}/slow`, post);
    await sleep(1_000);
    release();
    expect(await (await slow).text()).toBe('done');
  });

  it('cannot send headers without end', async () => {
    const { server } = await serving();
    const { socket, read } = await raw(
      server,
      `GET /text HTTP/1.1\r\nhost: localhost\r\nx-a: ${'b'.repeat(20_000)}`,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(read()).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('cannot open connections without end', async () => {
    const { server } = await serving({ limits: { maxConnections: 2 } });
    await raw(server, '');
    await raw(server, '');
    const { socket } = await raw(server, 'GET /text HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('ends a stream whose client reads nothing', async () => {
    const server = await start({ limits: { stallTimeout: 300 } });
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => {
        cancelled = true;
      },
    });
    server.answer(() => new Response(endless));
    const { socket } = await raw(server, 'GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n');
    socket.pause();
    await eventually(() => expect(cancelled).toBe(true));
    expect(errors).toEqual([]);
  });

  it('ends a reply in one piece whose client reads nothing, and keeps nothing of it', async () => {
    const server = await start({ limits: { stallTimeout: 300 } });
    let asked = 0;
    server.answer(() => {
      asked += 1;
      return new Response('x'.repeat(50e6));
    });
    const { socket } = await raw(server, 'GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n');
    socket.pause();
    await eventually(() => expect(asked).toBe(1));
    // It would wait for a reply under way.
    expect(await server.drain(600_000)).toBe(0);
  });

  it('lets a client wait for as long as the server has nothing to send', async () => {
    const { server, begun, release } = await serving({ limits: { stallTimeout: 50 } });
    const head = 'POST /slow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\nx';
    const { read } = await raw(server, head);
    await eventually(() => expect(begun).toEqual(['slow']));
    await sleep(300);
    release();
    await eventually(() => expect(read()).toContain('done'));
  });

  it.each([
    'GARBAGE\r\n\r\n',
    'GET /text HTTP/1.1\r\nhost: a b\r\n\r\n',
    'GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
  ])('%j is 400 and no defect', async (text) => {
    const { server } = await serving();
    const { read } = await raw(server, text);
    await eventually(() => expect(read()).toMatch(/^HTTP\/1\.1 400 /));
    expect(errors).toEqual([]);
  });
});

describe('defects', () => {
  it('of a handler are 500 without a word of what happened', async () => {
    const server = await start();
    server.answer(() => Promise.reject(new Error('secret detail')));
    const response = await fetch(`${server.url}/x`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(errors).toMatchObject([{ message: 'secret detail' }]);
  });

  it('of a body end the connection without a word of what happened', async () => {
    const { server } = await serving();
    const { socket, read } = await raw(server, 'GET /broken HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(read()).toContain('begun ');
    expect(read()).not.toContain('secret');
    expect(errors).toMatchObject([{ message: 'secret detail' }]);
  });

  it('a client that leaves is none', async () => {
    const { server, begun, aborted } = await serving();
    const head = 'POST /slow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\nx';
    const { socket } = await raw(server, head);
    await eventually(() => expect(begun).toEqual(['slow']));
    socket.destroy();
    await eventually(() => expect(aborted).toEqual(['slow']));
    expect(errors).toEqual([]);
  });

  it('a client that leaves in the middle of a stream is none', async () => {
    const { server } = await serving();
    const head = 'POST /stream HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\nx';
    const { socket, read } = await raw(server, head);
    await eventually(() => expect(read()).toContain('first '));
    socket.destroy();
    await sleep(100);
    expect(errors).toEqual([]);
  });
});
