import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../../tests/support/eventually.ts';
import { SpendLimitReached } from './budget.ts';
import { createEndpoint, type EndpointOptions } from './endpoint.ts';
import { EndpointError } from './endpoint-error.ts';
import { completion, events, fakeEndpoint, type Handler, json } from './testing.ts';

const KEY = 'sk-secret-0123456789';
const messages = [{ role: 'user' as const, content: 'what is 2 + 2 ?' }];
const fine = json(completion({ content: '4' }));
const root = mkdtempSync(path.join(tmpdir(), 'aha-remote-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function client(url: string, more: Partial<EndpointOptions> = {}) {
  return createEndpoint({
    baseUrl: url,
    model: 'deepseek-reasoner',
    apiKeyEnv: 'KEY',
    env: { KEY },
    backoffMs: 1,
    ...more,
  });
}

async function failure(promise: Promise<unknown>): Promise<EndpointError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EndpointError);
  return error as EndpointError;
}

/** Fails the test when the server is asked after the given handlers. */
const never: Handler = (response) =>
  json({ error: { message: 'asked once too often' } }, 418)(response, null as never);

describe('chat', () => {
  it('sends what was asked for and nothing else', async () => {
    await using server = await fakeEndpoint(fine);
    const endpoint = client(`${server.url}/`, { stream: false });
    await endpoint.chat({ messages, temperature: 0.6, topP: 0.95, maxTokens: 100, seed: 7, stop: ['\n'] });
    const [{ path: at, headers, body } = server.seen[0]!] = server.seen;
    expect(at).toBe('/v1/chat/completions');
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(body).toEqual({
      model: 'deepseek-reasoner',
      messages,
      temperature: 0.6,
      top_p: 0.95,
      max_tokens: 100,
      seed: 7,
      stop: ['\n'],
    });
  });

  it.each([
    ['reasoning_content', { reasoning_content: ' two and two ', content: '4' }],
    ['reasoning', { reasoning: 'two and two', content: '4' }],
    ['both names, one empty', { reasoning_content: '', reasoning: 'two and two', content: '4' }],
    ['tags', { content: '<think>\ntwo and two\n</think>\n\n4' }],
    ['a closing tag only', { content: 'two and two\n</think>\n\n4' }],
    [
      'parts',
      {
        reasoning_content: null,
        content: [{ type: 'text', text: '<think>two and two</think>' }, { text: '4' }],
      },
    ],
  ])('reads a thought handed over as %s', async (_, message) => {
    await using server = await fakeEndpoint(json(completion(message)));
    const reply = await client(server.url).chat({ messages });
    expect(reply).toMatchObject({ reasoning: 'two and two', content: '4', finish: 'stop' });
    expect(reply.response).toMatchObject({ thought: 'two and two', answer: '4', wellFormed: true });
  });

  it('has no answer where the thought was cut', async () => {
    await using server = await fakeEndpoint(
      json(completion({ content: '<think> and so' }, { finish: 'length' })),
      json(completion({ reasoning_content: 'and so', content: '' }, { finish: 'length' })),
    );
    const endpoint = client(server.url);
    for (let i = 0; i < 2; i++) {
      expect(await endpoint.chat({ messages })).toMatchObject({
        reasoning: 'and so',
        content: null,
        finish: 'length',
      });
    }
  });

  it('puts a stream together, whatever its pieces, its comments and its line ends', async () => {
    await using server = await fakeEndpoint(
      events(
        ': keep-alive\n\n: keep-alive\r\n\r\ndata: {"id":"a","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""}}],"usage":null}\n\nda',
        'ta: {"choices":[{"index":0,"delta":{"content":null,"reasoning_content":"two "}}]}\r\n\r\n',
        'data: {"choices":[{"index":0,"delta":{"reasoning":"and two"}}]}\n\n',
        'data:{"choices":[{"index":0,"delta":{"content":"4","reasoning_content":null}}]}\n\n',
        'data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]}\n\n',
        'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":6}}}\n\ndata: [DONE]\n\n',
      ),
    );
    const reply = await client(server.url).chat({ messages });
    expect(server.seen[0]!.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(reply).toMatchObject({
      reasoning: 'two and two',
      content: '4',
      finish: 'stop',
      usage: { promptTokens: 5, completionTokens: 9, reasoningTokens: 6, estimated: false },
      raw: { id: 'a', object: 'chat.completion' },
    });
  });

  it('keeps characters whole that a stream cut in two', async () => {
    const bytes = Buffer.from(
      'data: {"choices":[{"index":0,"delta":{"content":"π"},"finish_reason":"stop"}]}\n\n',
    );
    const cut = bytes.indexOf(0xcf) + 1;
    await using server = await fakeEndpoint((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(bytes.subarray(0, cut));
      setTimeout(() => response.end(bytes.subarray(cut)), 20);
    });
    expect((await client(server.url).chat({ messages })).content).toBe('π');
  });

  it('gives all choices of n in their order', async () => {
    const choice = (index: number, content: string) => ({
      index,
      message: { content },
      finish_reason: 'stop',
    });
    await using server = await fakeEndpoint(json({ choices: [choice(1, 'b'), choice(0, 'a')] }));
    const reply = await client(server.url).chat({ messages, n: 2 });
    expect(reply.choices.map(({ content }) => content)).toEqual(['a', 'b']);
  });

  it('counts bytes where the endpoint tells no usage', async () => {
    await using server = await fakeEndpoint(json(completion({ content: 'four' }, { usage: null })));
    const { usage } = await client(server.url).chat({ messages });
    expect(usage).toMatchObject({ completionTokens: 4, estimated: true });
  });
});

describe('trouble', () => {
  it.each<[string, Handler]>([
    ['429', json({ error: { message: 'slow down' } }, 429)],
    ['500 with HTML', (r) => r.writeHead(500, { 'content-type': 'text/html' }).end('<html>')],
    ['503', json({}, 503)],
    ['broken JSON', json('{"choices": [{')],
    ['a reset connection', (r) => r.destroy()],
    [
      'a reset in the middle',
      (r) => {
        r.writeHead(200, { 'content-length': '99' });
        r.write('{');
        setTimeout(() => r.destroy(), 10);
      },
    ],
    ['a torn stream', events('data: {"choices":[{"index":0,"delta":{"content":"4"}}]}\n\n')],
    ['an error in a stream', events('data: {"error":{"message":"out of memory"}}\n\n')],
    ['rubbish in a stream', events('data: {"choi\n\n')],
    ['no room', json(completion({ content: '' }, { finish: 'insufficient_system_resource' }))],
  ])('asks again after %s', async (_, trouble) => {
    await using server = await fakeEndpoint(trouble, trouble, fine, never);
    expect((await client(server.url).chat({ messages })).content).toBe('4');
    expect(server.seen).toHaveLength(3);
  });

  it('gives up after the retries, with the last reason', async () => {
    await using server = await fakeEndpoint(json({ error: { message: 'overloaded' } }, 503));
    const error = await failure(client(server.url, { retries: 2 }).chat({ messages }));
    expect(server.seen).toHaveLength(3);
    expect(error.message).toMatch(/status 503: overloaded/);
  });

  it('waits as long as Retry-After says', async () => {
    await using server = await fakeEndpoint(json({}, 429, { 'retry-after': '0.2' }), fine);
    const start = performance.now();
    await client(server.url).chat({ messages });
    expect(performance.now() - start).toBeGreaterThan(190);
  });

  it('does not wait for longer than it is allowed to', async () => {
    await using server = await fakeEndpoint(
      json({ error: 'tomorrow' }, 429, { 'retry-after': '86400' }),
      never,
    );
    const error = await failure(client(server.url).chat({ messages }));
    expect(error).toMatchObject({ status: 429, retryAfterMs: 86_400_000 });
  });

  it('ends an attempt that hangs, and one that never ends', async () => {
    const hang: Handler = () => undefined;
    await using server = await fakeEndpoint(hang, fine);
    expect((await client(server.url, { idleTimeoutMs: 1_000 }).chat({ messages })).content).toBe('4');
    const drip: Handler = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(': keep-alive\n\n'), 10);
      response.on('close', () => clearInterval(timer));
    };
    await using dripping = await fakeEndpoint(drip);
    const options = { idleTimeoutMs: 20_000, timeoutMs: 400, retries: 0 };
    const error = await failure(client(dripping.url, options).chat({ messages }));
    expect(error.message).toMatch(/no whole reply within 0.4 s/);
  });

  it('is not deceived by keep-alives while it waits', async () => {
    await using server = await fakeEndpoint((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write('\n'), 20);
      setTimeout(() => {
        clearInterval(timer);
        response.end(JSON.stringify(completion({ content: '4' })));
      }, 2_500);
    });
    expect((await client(server.url, { idleTimeoutMs: 1_500, retries: 0 }).chat({ messages })).content).toBe(
      '4',
    );
  });

  it.each([
    [
      401,
      { error: { message: `Incorrect API key provided: ${KEY}` } },
      /status 401: Incorrect API key provided: …\n.*KEY/,
    ],
    [402, { error: { message: 'Insufficient Balance' } }, /402: Insufficient Balance\n.*top it up/],
    [404, { error: { message: 'The model `x` does not exist' } }, /does not exist\n.*"deepseek-reasoner"/],
    [400, { detail: 'maximum context length is 65536' }, /maximum context length/],
    [422, { message: 'bad \u001b[31m top_p' }, /bad �\[31m top_p/],
  ])('tells a %i at once, without the key', async (status, body, message) => {
    await using server = await fakeEndpoint(json(body, status), never);
    const error = await failure(client(server.url).chat({ messages }));
    expect(error.message).toMatch(message);
    expect(JSON.stringify([error.message, error.stack])).not.toContain(KEY);
    expect(server.seen).toHaveLength(1);
  });

  it.each<[string, Handler, RegExp]>([
    [
      'a web page',
      (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
      /text\/html.*<h1>Hello/,
    ],
    ['another API', json({ result: 1 }), /no chat completion/],
    [
      'a redirect',
      (r) => r.writeHead(308, { location: 'https://elsewhere.example/' }).end(),
      /moved to https:\/\/elsewhere/,
    ],
  ])('says that %s is no endpoint', async (_, handler, message) => {
    await using server = await fakeEndpoint(handler, never);
    expect((await failure(client(server.url).chat({ messages }))).message).toMatch(message);
  });

  it('does not try long where nobody ever answered', async () => {
    const server = await fakeEndpoint(fine);
    await server[Symbol.asyncDispose]();
    const error = await failure(client(server.url).chat({ messages }));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toMatch(/ECONNREFUSED/);
  });

  it('does not try long, and counts nothing as sent, where no TLS connection is made or the port is none', async () => {
    await using server = await fakeEndpoint(never);
    const limit = { maxTokens: 100_000 };
    for (const [url, message] of [
      [server.url.replace('http:', 'https:'), /no TLS connection \(ERR_SSL_.*\n.*http:\/\//],
      ['http://127.0.0.1:1/v1', /bad port/],
    ] as const) {
      const endpoint = client(url, { limit });
      const error = await failure(endpoint.chat({ messages }));
      expect(error.kind).toBe('unreachable');
      expect(error.message).toMatch(message);
      expect(endpoint.spent).toMatchObject({ requests: 0, promptTokens: 0, completionTokens: 0 });
    }
    expect(server.seen).toEqual([]);
  });

  it('says once why nothing comes when it asks again and again', async () => {
    const busy = json({ error: { message: 'full' } }, 503);
    await using server = await fakeEndpoint(busy, busy, busy, busy, fine);
    const warnings: string[] = [];
    const endpoint = client(server.url, { concurrency: 1, warn: (_, text) => void warnings.push(text) });
    await endpoint.chat({ messages });
    await endpoint.chat({ messages });
    expect(warnings).toEqual([expect.stringMatching(/asked again and again: status 503: full$/)]);
  });

  it('stops when it is told to, also while it waits', async () => {
    await using server = await fakeEndpoint(json({}, 429, { 'retry-after': '30' }));
    const controller = new AbortController();
    const asked = client(server.url).chat({ messages, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(asked).rejects.toThrow(/abort|enough/);
  });
});

describe('limits', () => {
  it('has no more requests in flight than allowed', async () => {
    await using server = await fakeEndpoint((response, seen) => {
      void eventually(() => expect(server.mostOpen()).toBe(3)).finally(() => fine(response, seen));
    });
    const endpoint = client(server.url, { concurrency: 3 });
    await Promise.all(Array.from({ length: 12 }, () => endpoint.chat({ messages })));
    expect(server.mostOpen()).toBe(3);
    expect(endpoint.spent).toMatchObject({ requests: 12, promptTokens: 120, completionTokens: 240 });
    expect(endpoint.spent.usd).toBeCloseTo((120 * 0.55 + 240 * 2.19) / 1e6, 12);
  });

  it('never spends more than the limit, whatever is in flight', async () => {
    const dear = json(completion({ content: '4' }, { usage: { prompt_tokens: 10, completion_tokens: 100 } }));
    await using server = await fakeEndpoint(dear);
    const endpoint = client(server.url, { concurrency: 8, limit: { maxTokens: 1000 } });
    const asked = Array.from({ length: 20 }, () => endpoint.chat({ messages, maxTokens: 100 }));
    const results = await Promise.allSettled(asked);
    const refused = results
      .filter(({ status }) => status === 'rejected')
      .map((r) => (r as PromiseRejectedResult).reason);
    expect(refused.every((reason) => reason instanceof SpendLimitReached)).toBe(true);
    const { promptTokens, completionTokens } = endpoint.spent;
    expect(promptTokens + completionTokens).toBeLessThanOrEqual(1000);
    // A request sets 215 aside at most and takes 110: at least seven fit.
    expect(server.seen.length).toBeGreaterThanOrEqual(7);
    expect(refused[0].message).toMatch(/spend limit of 1000 tokens: \d+ tokens spent in \d requests/);
  });

  it('counts lost replies as spent', async () => {
    await using server = await fakeEndpoint((response) => response.destroy());
    const endpoint = client(server.url, { limit: { maxUsd: 0.001 } });
    await expect(endpoint.chat({ messages, maxTokens: 100 })).rejects.toThrow(/replies that were lost/);
    expect(endpoint.spent.uncertain).toBeGreaterThan(0.0002);
  });

  it('needs a price for a limit in dollars', () => {
    const limit = { maxUsd: 1 };
    expect(() => client('http://localhost/v1', { model: 'mine', limit })).toThrow(
      /no price is known for "mine"/,
    );
    const prices = { mine: { input: 1, output: 2 } };
    expect(client('http://localhost/v1', { model: 'mine', limit, prices }).spent.usd).toBe(0);
  });

  it('asks once for what is kept on disk', async () => {
    await using server = await fakeEndpoint(fine, json(completion({ content: '5' })), never);
    const options = { cacheDir: path.join(root, 'cache') };
    for (let i = 0; i < 2; i++)
      expect((await client(server.url, options).chat({ messages })).content).toBe('4');
    expect((await client(server.url, options).chat({ messages, seed: 1 })).content).toBe('5');
    expect(server.seen).toHaveLength(2);
  });
});

describe('createEndpoint', () => {
  it.each([
    ['localhost:8000', /not HTTP/],
    ['nowhere', /no address/],
    ['http://me:pass@host/v1', /holds a password/],
  ])('refuses %s', (url, message) => {
    expect(() => client(url)).toThrow(message);
    expect(() => client(url)).not.toThrow(/pass@/);
  });

  it('says which variable holds no key, and shows no key that is damaged', () => {
    expect(() => client('http://h/v1', { env: {} })).toThrow(/KEY is not set/);
    expect(() => client('http://h/v1', { env: { KEY: 'sk-a\nb' } })).toThrow(/^(?!.*sk-a).*character/s);
  });

  it.each(['http://h:1/v1', 'http://h:1/v1/', 'http://h:1/v1/chat/completions'])('takes %s', (url) => {
    expect(client(url).baseUrl).toBe('http://h:1/v1');
  });
});
