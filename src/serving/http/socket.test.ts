/** @file A real server and raw sockets: clients that go away and clients that do not read. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, settled } from '../../../tests/support/eventually.ts';
import { Gate } from '../../../tests/support/gate.ts';
import type { GenerationEvent } from '../backend.ts';
import { startServer } from '../server.ts';
import { FOUR, finish, type Script, say, start, type TestApp, testApp, think } from './testing.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function listen(test: TestApp): Promise<number> {
  const onError = (error: unknown): void => void test.observer.errors.push(error);
  const server = await startServer({ host: '127.0.0.1', port: 0, localNamesOnly: false, onError });
  server.answer((asked) => test.app.fetch(asked));
  open.push(() => void server.close());
  return Number(new URL(server.url).port);
}

/** Sends a request by hand and leaves the reading to the test. */
async function send(port: number, body: object, path = '/v1/chat/completions'): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  open.push(() => socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const text = JSON.stringify(body);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  return socket;
}

const ask = { model: 'r1-tiny', messages: [{ role: 'user', content: 'x' }] };

/** A reply of 50 megabytes, as fast as it is taken: more than all buffers on the way hold. */
async function* endless(): AsyncGenerator<GenerationEvent> {
  yield start();
  for (let i = 0; i < 50_000; i += 1) yield say('x'.repeat(1024));
}

/** A reply that starts and then waits until it is aborted. */
const stuck: Script = async function* (_request, signal) {
  yield start();
  yield think('hm');
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
};

describe('over a socket', () => {
  /** Sends a head and a body by hand, and gives the status of the reply. */
  async function statusOf(test: TestApp, head: string, body: string): Promise<string> {
    const socket = connect(await listen(test), '127.0.0.1');
    open.push(() => socket.destroy());
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => {
      text += data;
    });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${head}\r\n${body}`,
    );
    await eventually(() => expect(text).toContain('\r\n\r\n'));
    return text.slice(9, 12);
  }

  it('takes a body in chunks, whose length is not said beforehand', async () => {
    const text = JSON.stringify(ask);
    const chunks = [text.slice(0, 7), text.slice(7)].map(
      (part) => `${part.length.toString(16)}\r\n${part}\r\n`,
    );
    const test = testApp([FOUR]);
    expect(await statusOf(test, 'transfer-encoding: chunked\r\n', `${chunks.join('')}0\r\n\r\n`)).toBe('200');
  });

  it('refuses a request without a body, and one whose chunks go beyond the limit', async () => {
    const test = testApp([], { maxBodyBytes: 1000 });
    expect(await statusOf(test, '', '')).toBe('400');
    expect(await statusOf(test, 'transfer-encoding: chunked\r\n', '0\r\n\r\n')).toBe('400');
    const long = `7d0\r\n${' '.repeat(2000)}\r\n0\r\n\r\n`;
    expect(await statusOf(test, 'transfer-encoding: chunked\r\n', long)).toBe('413');
    expect(test.observer.errors).toEqual([]);
  });

  it('streams a reply to its end', async () => {
    const test = testApp([FOUR]);
    const socket = await send(await listen(test), { ...ask, stream: true });
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => {
      text += data;
    });
    await eventually(() => expect(text).toContain('[DONE]'));
    expect(text).toContain('content-type: text/event-stream; charset=utf-8');
    expect(text).toMatch(/x-request-id: [\da-f-]{36}/);
    expect(test.observer.requests).toMatchObject([{ status: 200, aborted: false, completionTokens: 6 }]);
    expect(test.observer.requests[0]!.firstTokenSeconds).toBeGreaterThan(0);
  });

  it('holds the model up while a reader takes nothing, and goes on when it reads', async () => {
    const test = testApp([endless]);
    const socket = await send(await listen(test), { ...ask, stream: true });
    socket.pause();
    // The kernel's and the server's buffers fill first.
    const before = await settled(() => test.backend.pulled);
    expect(before).toBeGreaterThan(2);
    await sleep(500);
    expect(test.backend.pulled).toBe(before);
    socket.resume();
    await eventually(() => expect(test.backend.pulled).toBeGreaterThan(before + 100));
    socket.destroy();
    await eventually(() => expect(test.backend.returned).toBe(1));
  });

  it('stops the model when the reader of a stream that was held up goes away', async () => {
    const test = testApp([endless]);
    const socket = await send(await listen(test), { ...ask, stream: true });
    socket.pause();
    expect(await settled(() => test.backend.pulled)).toBeGreaterThan(10);
    socket.destroy();
    await eventually(() => expect(test.backend.requests[0]!.signal.aborted).toBe(true));
    await eventually(() => expect(test.backend.returned).toBe(1));
    expect(test.observer.requests).toMatchObject([{ status: 200, aborted: true }]);
    expect(test.access.settled[0]).toBeGreaterThan(10);
  });

  it.each([
    ['streamed', true],
    ['plain', false],
  ])('aborts a %s request within moments of the client’s leaving', async (_name, stream) => {
    const test = testApp([stuck]);
    const socket = await send(await listen(test), { ...ask, stream });
    await eventually(() => expect(test.backend.pulled).toBe(2));
    socket.destroy();
    const left = performance.now();
    await eventually(() => expect(test.backend.requests[0]!.signal.aborted).toBe(true));
    expect(performance.now() - left).toBeLessThan(20_000);
    await eventually(() => expect(test.observer.requests).toHaveLength(1));
    expect(test.observer.requests[0]).toMatchObject({ aborted: true, status: stream ? 200 : 499 });
    expect(test.observer.errors).toEqual([]);
  });

  it('aborts a request whose client leaves before the first event', async () => {
    const never: Script = async function* (_request, signal) {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      yield finish();
    };
    const test = testApp([never]);
    const socket = await send(await listen(test), { ...ask, stream: true });
    await eventually(() => expect(test.backend.requests).toHaveLength(1));
    socket.destroy();
    await eventually(() => expect(test.observer.requests).toMatchObject([{ status: 499, aborted: true }]));
  });

  it('sends comments while a stream waits, and blank lines while a plain reply does', async () => {
    let gate = new Gate();
    const slow: Script = async function* () {
      yield start();
      await gate.passed;
      yield* FOUR.slice(1);
    };
    const test = testApp([slow], { keepAliveMs: 30 });
    const url = `http://127.0.0.1:${await listen(test)}/chat/completions`;
    /** The reply to a request; the model goes on when `waiting` has come. */
    async function textOf(body: object, waiting: string): Promise<string> {
      gate = new Gate();
      let text = '';
      const response = await fetch(url, request(body));
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        text += piece;
        if (text.includes(waiting)) gate.open();
      }
      return text;
    }
    const streamed = await textOf({ stream: true }, ': keep-alive\n\n: keep-alive\n\n');
    expect(streamed.match(/^: keep-alive$/gm)!.length).toBeGreaterThanOrEqual(2);
    const plain = await textOf({}, '\n\n');
    expect(plain).toMatch(/^\n\n+\{/);
    expect(JSON.parse(plain)).toMatchObject({ choices: [{ message: { content: 'The answer is 4' } }] });
  });
});

function request(more: object): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...ask, ...more }),
  };
}
