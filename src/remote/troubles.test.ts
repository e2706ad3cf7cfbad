/** Failures as endpoints tell of them: what is asked again, what ends the work, and in which words. */
import { describe, expect, it } from 'vitest';
import { createEndpoint, type EndpointOptions } from './endpoint.ts';
import { EndpointError } from './endpoint-error.ts';
import { completion, events, fakeEndpoint, type Handler, json, typed } from './testing.ts';

const messages = [{ role: 'user', content: 'q' }] as const;
const fine = json(completion({ content: '42' }));
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const piece = (content: string, finish: string | null = null, more: object = {}) =>
  event({ choices: [{ index: 0, delta: { content }, finish_reason: finish, ...more }] });
const DONE = 'data: [DONE]\n\n';

function client(url: string, more: Partial<EndpointOptions> = {}) {
  return createEndpoint({ baseUrl: url, model: 'm', retries: 1, backoffMs: 1, ...more });
}

/** Fails the test when the server is asked after the given handlers. */
const never: Handler = (response) =>
  json({ error: { message: 'asked once too often' } }, 418)(response, null as never);

/** What the client makes of a failure that stays. */
async function failure(handler: Handler): Promise<{ error: EndpointError; attempts: number }> {
  await using server = await fakeEndpoint(handler);
  const error: unknown = await client(server.url)
    .chat({ messages })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EndpointError);
  return { error: error as EndpointError, attempts: server.seen.length };
}

/** A reply that is not whole, and what is said of it when it stays so. */
const BROKEN: readonly (readonly [string, Handler, RegExp])[] = [
  [
    'finish reason `error`',
    events(piece('The ans') + piece('', 'error') + DONE),
    /broke a reply off \(error\)/,
  ],
  ['finish reason `network_error`', events(piece('', 'network_error') + DONE), /\(network_error\)/],
  ['finish reason `abort`', events(piece('The ans') + piece('', 'abort') + DONE), /\(abort\)/],
  [
    'finish reason of a full DeepSeek',
    json(completion({ content: '' }, { finish: 'insufficient_system_resource' })),
    /\(insufficient_system_resource\)/,
  ],
  [
    'finish reason that nobody knows',
    json(completion({ content: '4' }, { finish: 'eclipse' })),
    /\(eclipse\)/,
  ],
  [
    'trouble behind a relay',
    events(piece('', 'stop', { native_finish_reason: 'network_error' }) + DONE),
    /\(network_error\)/,
  ],
  [
    'error of a choice',
    events(piece('4', 'error', { error: { code: 502, message: 'upstream died' } }) + DONE),
    /\(upstream died\)/,
  ],
  [
    'error in the middle of a stream',
    events(piece('The') + event({ error: { code: 502, message: 'Provider disconnected' }, choices: [] })),
    /error 502: Provider disconnected/,
  ],
  [
    'event of the kind `error`',
    events(`${piece('The')}event: error\ndata: {"message":"overloaded"}\n\n`),
    /error: overloaded/,
  ],
  [
    'event `error` without JSON',
    events(`${piece('The')}event: error\ndata: out of memory\n\n`),
    /error: out of memory/,
  ],
  [
    'object `error` in a stream',
    events(event({ object: 'error', message: 'engine died', type: 'InternalServerError', code: 500 })),
    /error 500: engine died/,
  ],
  [
    'error in a body',
    json({ error: { message: 'Provider returned error', code: 502 } }),
    /error 502: Provider returned error/,
  ],
  ['torn event', events('data: {"choices":[{"delta":{"content":"4\n\n'), /no JSON: it is torn/],
  ['stream of nothing', events(DONE), /ended in the middle/],
  ['stream without an end', events(piece('42')), /ended in the middle/],
  ['reply without choices', json({ choices: [], usage: {} }), /without choices/],
  ['body of nothing', json(''), /an empty reply/],
  [
    'page of a proxy',
    typed(
      'text/html',
      '<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>',
      502,
    ),
    /status 502: 502 Bad Gateway 502\n/,
  ],
];

describe.each(BROKEN)('a %s', (_, handler, message) => {
  it('is asked again', async () => {
    await using server = await fakeEndpoint(handler, fine, never);
    expect((await client(server.url).chat({ messages })).content).toBe('42');
    const { error, attempts } = await failure(handler);
    expect(error.message).toMatch(message);
    expect(attempts).toBe(2);
  });
});

const REFUSED: readonly (readonly [string, Handler, RegExp])[] = [
  ['`error.message`', json({ error: { message: 'no such model' } }, 404), /status 404: no such model\n/],
  ['a list', json([{ error: { code: 400, message: 'API key not valid' } }], 400), /: API key not valid\n/],
  [
    'a list of details',
    json({ detail: [{ type: 'missing', loc: ['body', 'x'], msg: 'Field required' }] }, 422),
    /status 422: body\.x: Field required\n/,
  ],
  [
    '`errors`',
    json({ errors: [{ message: 'bad thing', code: 7003 }], success: false }, 400),
    /: bad thing\n/,
  ],
  ['a string', json({ error: 'model not loaded' }, 400), /: model not loaded\n/],
  ['objects within objects', json({ error: { message: { detail: 'inner' } } }, 400), /: inner\n/],
  ['JSON within a string', json({ error: { message: '{"error":{"message":"inner"}}' } }, 400), /: inner\n/],
  ['a text', typed('text/plain', 'go away', 400), /: go away\n/],
  ['an event', typed('text/event-stream', event({ error: { message: 'inner' } }), 400), /: inner\n/],
  ['nothing', typed(undefined, '', 400), /\(no message\)/],
  [
    'a stream, before the reply',
    events(event({ error: { code: 400, message: 'prompt is too long', type: 'invalid_request_error' } })),
    /error 400: prompt is too long\n/,
  ],
  [
    'a stream, by its type alone',
    events(event({ error: { message: 'prompt is too long', type: 'invalid_request_error' } })),
    /error 400: prompt is too long\n/,
  ],
];

it.each(REFUSED)('an error told in %s ends the work in its words', async (_, handler, message) => {
  const { error, attempts } = await failure(handler);
  expect(error.message).toMatch(message);
  expect(attempts).toBe(1);
});

/** An endpoint that refuses a request with this field, as the provider words it. */
function without(field: string, status: number, body: object): Handler {
  return (response, seen) => (field in seen.body ? json(body, status) : fine)(response, seen);
}

const SETTINGS: readonly (readonly [field: string, handler: Handler, instead: object])[] = [
  [
    'max_tokens',
    without('max_tokens', 400, {
      error: {
        message: "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        param: 'max_tokens',
        code: 'unsupported_parameter',
      },
    }),
    { max_completion_tokens: 10 },
  ],
  [
    'temperature',
    without('temperature', 400, {
      error: { message: "Unsupported value: 'temperature' does not support 0.6 with this model." },
    }),
    {},
  ],
  ['top_p', without('top_p', 400, { error: { message: 'unknown parameter', param: 'top_p' } }), {}],
  [
    'seed',
    without('seed', 422, {
      object: 'error',
      message: {
        detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }],
      },
    }),
    {},
  ],
  [
    'stream_options',
    without('stream_options', 400, {
      detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }],
    }),
    {},
  ],
];

describe.each(SETTINGS)('an endpoint that does not take %s', (field, handler, instead) => {
  it('is asked without it, then and later, and the user is told once', async () => {
    const warnings: string[] = [];
    await using server = await fakeEndpoint(handler);
    const endpoint = client(server.url, { retries: 0, warn: (_, text) => void warnings.push(text) });
    const request = { messages, maxTokens: 10, temperature: 0.6, topP: 0.9, seed: 5 };
    await Promise.all([endpoint.chat(request), endpoint.chat(request)]);
    const before = server.seen.length;
    expect((await endpoint.chat(request)).content).toBe('42');
    const [last, ...more] = server.seen.slice(before);
    expect(more).toEqual([]);
    expect(last!.body).not.toHaveProperty(field);
    expect(last!.body).toMatchObject(instead);
    expect(warnings).toEqual([expect.stringContaining(`m at ${server.url}: ${field} is not taken`)]);
  });
});

it.each([
  [
    'a value out of its range',
    { error: { message: 'max_tokens is too large: 10 > 8', param: 'max_tokens' } },
  ],
  ['a setting that decides what a reply is', { error: { message: 'n is not supported', param: 'n' } }],
  ['something else', { error: { message: 'this model is not supported' } }],
])('a refusal of %s stands', async (_, body) => {
  await using server = await fakeEndpoint(json(body, 400), never);
  await expect(client(server.url).chat({ messages, maxTokens: 10, n: 2 })).rejects.toThrow(/status 400/);
});

it('a refusal of what is sent in its place stands as well', async () => {
  const message = 'max_completion_tokens: max_tokens is not supported';
  await using server = await fakeEndpoint(json({ error: { message, param: 'max_tokens' } }, 400));
  await expect(client(server.url, { warn: () => {} }).chat({ messages, maxTokens: 10 })).rejects.toThrow(
    message,
  );
  expect(server.seen).toHaveLength(2);
});

it('a prompt that a content filter refuses has an empty reply, and the user is told', async () => {
  const warnings: string[] = [];
  const filtered = { error: { message: 'The prompt triggered the policy.', code: 'content_filter' } };
  await using server = await fakeEndpoint(json(filtered, 400), json(filtered, 400), fine);
  const endpoint = client(server.url, { warn: (_, text) => void warnings.push(text) });
  for (let i = 0; i < 2; i++) {
    const reply = await endpoint.chat({ messages });
    expect(reply).toMatchObject({ content: null, finish: 'content_filter', response: { answer: null } });
  }
  expect((await endpoint.chat({ messages })).content).toBe('42');
  expect(warnings).toEqual([expect.stringContaining('count as wrong')]);
});
