/** @file Real sockets: starting, ending, and clients that do not behave. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../tests/support/eventually.ts';
import {
  endServers,
  errors,
  post,
  raw,
  serving,
  start,
  statusFor,
  tinyApp,
} from '../../tests/support/tiny-server.ts';
import { UserError } from '../errors.ts';

endServers();

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
