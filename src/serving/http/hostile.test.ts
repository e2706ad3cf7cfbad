/** @file Bodies that are wrong, huge or meant to harm. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { errorSchema } from './response-schemas.ts';
import { testApp } from './testing.ts';

const user = { role: 'user', content: 'x' };
const PATH = '/v1/chat/completions';

async function refusal(response: Response) {
  return { status: response.status, ...errorSchema.parse(await response.json()).error };
}

describe('a body that is not a request', () => {
  it('is not sent back at length', async () => {
    const name = 'x'.repeat(1_000_000);
    const body = { model: 'r1-tiny', messages: [user], logit_bias: { [name]: 1 } };
    const error = await refusal(await testApp().post(PATH, body));
    expect(error.param).toBe(`logit_bias.${'x'.repeat(100)}…`);
    expect(error.message.length).toBeLessThan(300);
  });

  it.each([
    ['', 'it ends too early, at position 0'],
    ['{"model": "r1-tiny",\n  "messages": [}', 'unexpected "}" at position 36 (line 2, column 16)'],
    ['{"a": "\u{1F600}" \u{1F600}}', 'unexpected "\u{1F600}" at position 11'],
    ['null', 'must be a JSON object'],
    ['[]', 'must be a JSON object'],
    ['"x"', 'must be a JSON object'],
    [`{"model":"r1-tiny","messages":${'['.repeat(100)}${']'.repeat(100)}}`, 'nests deeper than 64 levels'],
    ['['.repeat(1_000_000), 'nests deeper than 64 levels'],
  ])('%.30j is 400', async (body, message) => {
    const error = await refusal(await testApp().post(PATH, body));
    expect(error.status).toBe(400);
    expect(error.message).toContain(message);
  });

  it.each([
    [{ messages: [user] }, 'model', 'expected string, but is missing'],
    [{ model: 'r1-tiny' }, 'messages', 'expected array, but is missing'],
    [{ model: 'r1-tiny', messages: [] }, 'messages', ''],
    [
      { model: 'r1-tiny', messages: [user, { role: 'user', content: 5 }] },
      'messages[1].content',
      'expected string or array',
    ],
    [{ model: 'r1-tiny', messages: [{ role: 'robot', content: '' }] }, 'messages[0].role', "'system'"],
    [{ model: 'r1-tiny', messages: ['hi'] }, 'messages[0]', 'expected object'],
    [{ model: 'r1-tiny', messages: [user], temperature: 'hot' }, 'temperature', 'expected number'],
    [{ model: 'r1-tiny', messages: [user], stop: [''] }, 'stop[0]', ''],
    [{ model: 'r1-tiny', messages: [user], stop: '' }, 'stop', ''],
    [{ model: 'r1-tiny', messages: [user], stop: Array(17).fill('a') }, 'stop', ''],
    [{ model: 'r1-tiny', messages: [user], stop: 5 }, 'stop', 'expected string or array'],
    [{ model: 'r1-tiny', messages: [user], n: 0 }, 'n', ''],
    [{ model: 'r1-tiny', messages: [user], n: 129 }, 'n', ''],
    [{ model: 'r1-tiny', messages: [user], max_tokens: 0 }, 'max_tokens', ''],
    [{ model: 'r1-tiny', messages: [user], max_tokens: 1.5 }, 'max_tokens', 'expected int'],
    [{ model: 'r1-tiny', messages: [user], logit_bias: { x: 1 } }, 'logit_bias.x', ''],
    [{ model: 'r1-tiny', messages: [user], top_logprobs: 3 }, 'top_logprobs', 'logprobs'],
    [{ model: 'r1-tiny', messages: [user], top_logprobs: 21, logprobs: true }, 'top_logprobs', ''],
    [
      { model: 'r1-tiny', messages: [user], stream_options: { include_usage: true } },
      'stream_options',
      'stream',
    ],
    [{ model: 'r1-tiny', messages: [user], response_format: { type: 'xml' } }, 'response_format.type', ''],
    [
      { model: 'r1-tiny', messages: [user], response_format: { type: 'json_schema' } },
      'response_format.json_schema',
      '',
    ],
    [{ model: 'r1-tiny', messages: [user], reasoning_effort: 'some' }, 'reasoning_effort', ''],
    [
      { model: 'r1-tiny', messages: [user], chat_template_kwargs: { messages: [] } },
      'chat_template_kwargs',
      'server',
    ],
    [
      { model: 'r1-tiny', messages: [user], continue_final_message: true },
      'continue_final_message',
      'assistant',
    ],
    [
      { model: 'r1-tiny', messages: [{ role: 'tool', tool_call_id: 'c9', content: '' }] },
      'messages[0].tool_call_id',
      'call',
    ],
    [
      { model: 'r1-tiny', messages: [{ role: 'assistant', content: '', prefix: true }, user] },
      'messages[0].prefix',
      'last',
    ],
    [
      {
        model: 'r1-tiny',
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }],
      },
      'messages[0].content[0].type',
      'read text only, not parts of type "image_url"',
    ],
  ])('%j names %s', async (body, param, message) => {
    const error = await refusal(await testApp().post(PATH, body));
    expect(error.status).toBe(400);
    expect(error.param).toBe(param);
    expect(error.message.startsWith(`${param}: `)).toBe(true);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(300);
  });

  it.each([
    ['9223372036854775807', 9223372036854775807n],
    ['18446744073709551615', 18446744073709551615n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9007199254740993', 9007199254740993n],
    ['1e18', 10n ** 18n],
    ['7', 7],
  ])('takes the seed %s as it is', async (seed, value) => {
    for (const [path, prompt] of [
      [PATH, '"messages":[{"role":"user","content":"x"}]'],
      ['/v1/completions', '"prompt":"x"'],
    ] as const) {
      const test = testApp();
      expect((await test.post(path, `{"model":"r1-tiny",${prompt},"seed":${seed}}`)).status).toBe(200);
      expect(test.last().sampling.seed).toBe(value);
    }
  });

  it.each([
    ['18446744073709551616', 'expected an integer from -2^63 to 2^64-1'],
    ['-9223372036854775809', 'expected an integer from -2^63 to 2^64-1'],
    ['1e300', 'expected an integer from -2^63 to 2^64-1'],
    ['1.5', 'expected integer'],
    ['"7"', 'expected integer'],
  ])('refuses the seed %s', async (seed, problem) => {
    const error = await refusal(
      await testApp().post(
        PATH,
        `{"model":"r1-tiny","messages":[{"role":"user","content":"x"}],"seed":${seed}}`,
      ),
    );
    expect(error).toMatchObject({ status: 400, param: 'seed', message: `seed: ${problem}` });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    '',
    'application/jsonp',
  ])('sent as %j is 415', async (type) => {
    expect((await testApp().post(PATH, {}, { 'content-type': type })).status).toBe(415);
  });

  it('sent compressed is 415', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect((await testApp().post(PATH, {}, headers)).status).toBe(415);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])(
    'sent as %j is read',
    async (type) => {
      const { post } = testApp();
      const body = { model: 'r1-tiny', messages: [user] };
      expect((await post(PATH, body, { 'content-type': type })).status).toBe(200);
    },
  );
});

describe('a body that is too large', () => {
  const large = { model: 'r1-tiny', messages: [{ role: 'user', content: 'x'.repeat(2000) }] };

  it('is 413 by its announced length, and by its real one', async () => {
    const { app, post } = testApp([], { maxBodyBytes: 1000 });
    const announced = await refusal(await post(PATH, large, { 'content-length': '2100' }));
    expect(announced).toMatchObject({ status: 413 });
    const stream = new Response(JSON.stringify(large)).body;
    const init = {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit;
    expect(await refusal(await app.request(PATH, init))).toMatchObject({ status: 413 });
  });
});

describe('a body that passes', () => {
  it('may hold fields nobody knows; they go nowhere', async () => {
    const test = testApp();
    const response = await test.post(PATH, {
      model: 'r1-tiny',
      messages: [{ ...user, foo: 1, tool_calls: 'x' }],
      user: 'me',
      store: false,
      parallel_tool_calls: 7,
      __proto__: { polluted: true },
    });
    expect(response.status).toBe(200);
    expect(test.last().prompt).toEqual({ kind: 'chat', messages: [user] });
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
  });

  it('never breaks the server, whatever JSON it is', async () => {
    const test = testApp();
    const noise = fc.record(
      {
        model: fc.oneof(fc.constant('r1-tiny'), fc.jsonValue()),
        messages: fc.oneof(
          fc.array(
            fc.record({ role: fc.constantFrom('user', 'assistant', 'tool', 'x'), content: fc.jsonValue() }),
          ),
          fc.jsonValue(),
        ),
        tools: fc.jsonValue(),
        response_format: fc.jsonValue(),
        stop: fc.jsonValue(),
        logit_bias: fc.jsonValue(),
        stream: fc.constant(false),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(noise, async (body) => {
        const response = await test.post(PATH, body);
        expect([200, 400, 404]).toContain(response.status);
      }),
      { numRuns: runs(300, 6_000) },
    );
    expect(test.observer.errors).toEqual([]);
  });

  it('is never a 500 on any other route, whatever its fields hold', async () => {
    const test = testApp();
    const text = fc.oneof(fc.constant('x'), fc.jsonValue());
    const block = fc.record({
      type: fc.constantFrom(
        'text',
        'input_text',
        'tool_use',
        'tool_result',
        'thinking',
        'function_call',
        'reasoning',
        'x',
      ),
      role: fc.constantFrom('user', 'assistant'),
      text,
      content: text,
      thinking: text,
      id: text,
      call_id: text,
      tool_use_id: text,
      name: text,
      input: text,
      arguments: text,
      output: text,
      summary: text,
    });
    const turns = fc.oneof(
      fc.array(
        fc.record({
          role: fc.constantFrom('user', 'assistant', 'x'),
          content: fc.oneof(text, fc.array(block)),
        }),
      ),
      fc.jsonValue(),
    );
    const body = fc.record(
      {
        model: fc.constant('r1-tiny'),
        max_tokens: fc.oneof(fc.constant(9), fc.jsonValue()),
        messages: turns,
        input: fc.oneof(turns, fc.array(block)),
        prompt: fc.oneof(fc.array(fc.oneof(fc.nat(2000), fc.array(fc.nat(2000)))), fc.jsonValue()),
        echo: fc.jsonValue(),
        system: fc.jsonValue(),
        tools: fc.oneof(fc.array(fc.record({ type: text, name: text, input_schema: text })), fc.jsonValue()),
        tool_choice: fc.jsonValue(),
        thinking: fc.jsonValue(),
        text: fc.jsonValue(),
        output_config: fc.jsonValue(),
        include: fc.jsonValue(),
      },
      { requiredKeys: ['model'] },
    );
    const path = fc.constantFrom(
      '/v1/completions',
      '/v1/responses',
      '/v1/messages',
      '/v1/messages/count_tokens',
    );
    await fc.assert(
      fc.asyncProperty(path, body, async (where, sent) => {
        expect([200, 400, 404]).toContain((await test.post(where, sent)).status);
      }),
      { numRuns: runs(300, 6_000) },
    );
    expect(test.observer.errors).toEqual([]);
  });
});
