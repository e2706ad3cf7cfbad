/** Replies made of texts, over real sockets: order, back-pressure, ends. */
import { describe, expect, it } from 'vitest';
import { eventually, settled } from '../../tests/support/eventually.ts';
import { Gate } from '../../tests/support/gate.ts';
import { endServers, errors, raw, start } from '../../tests/support/tiny-server.ts';
import { TextBody } from './http/text-body.ts';

endServers();

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
