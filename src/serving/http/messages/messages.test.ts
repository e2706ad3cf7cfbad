import { describe, expect, it } from 'vitest';
import { createAccess, hashKey, NO_LIMITS } from '../../access/index.ts';
import { GenerationError, type GenerationEvent } from '../../backend.ts';
import { chunksOf, FOUR, failing, finish, say, start, testApp, think } from '../testing.ts';
import { anthropicErrorSchema, anthropicReplySchema, messageEventSchema } from './reply-schema.ts';

const PATH = '/v1/messages';
const ASK = { model: 'r1-tiny', max_tokens: 2000, messages: [{ role: 'user', content: '2 + 2?' }] };
const TOOL = { name: 'weather', description: 'd', input_schema: { type: 'object' } };
const CALLING: readonly GenerationEvent[] = [
  start(),
  think('I look'),
  say('<tool_call>\n{"name": "weather", "arguments": {"city": "Ghent"}}\n</tool_call>'),
  finish(),
];

async function whole(body: object, events: readonly GenerationEvent[] = FOUR) {
  const test = testApp([events]);
  const response = await test.post(PATH, { ...ASK, ...body });
  return { message: anthropicReplySchema.parse(await response.json()), request: test.last() };
}

async function streamed(body: object, events: readonly GenerationEvent[] = FOUR) {
  const text = await (await testApp([events]).post(PATH, { ...ASK, ...body, stream: true })).text();
  const lines = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  const seen = chunksOf(text).map((chunk) => messageEventSchema.parse(chunk));
  expect(lines).toEqual(seen.map(({ type }) => type));
  return seen;
}

async function refusal(body: object, headers: Record<string, string> = {}) {
  const response = await testApp().post(PATH, { ...ASK, ...body }, headers);
  const error = anthropicErrorSchema.parse(await response.json());
  expect(response.headers.get('request-id')).toBe(error.request_id);
  return { status: response.status, ...error.error };
}

describe('/v1/messages', () => {
  it('answers with the thought and the answer as blocks', async () => {
    const { message, request } = await whole({ system: [{ type: 'text', text: 'Be brief.' }] });
    expect(request.prompt).toEqual({
      kind: 'chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: '2 + 2?' },
      ],
    });
    expect(message).toMatchObject({
      content: [
        { type: 'thinking', thinking: '2 + 2 = 4', signature: expect.stringMatching(/./) },
        { type: 'text', text: 'The answer is 4' },
      ],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 6 },
    });
  });

  it('streams the events of each block', async () => {
    const seen = await streamed({});
    expect(
      seen.map((event) => ('delta' in event && 'type' in event.delta ? event.delta.type : event.type)),
    ).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      'thinking_delta',
      'thinking_delta',
      'signature_delta',
      'content_block_stop',
      'content_block_start',
      'text_delta',
      'text_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(seen[0]).toMatchObject({
      message: { content: [], stop_reason: null, usage: { input_tokens: 6 } },
    });
    expect(seen.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 6 } });
  });

  it('tells a call as a block with its input', async () => {
    const { message, request } = await whole({ tools: [TOOL] }, CALLING);
    expect(request.prompt).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'weather', description: 'd', parameters: { type: 'object' } } },
      ],
    });
    expect(message.content[1]).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'Ghent' } });
    expect(message.stop_reason).toBe('tool_use');
    const seen = await streamed({ tools: [TOOL] }, CALLING);
    const json = seen.flatMap((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'input_json_delta'
        ? [event.delta.partial_json]
        : [],
    );
    expect(JSON.parse(json.join(''))).toEqual({ city: 'Ghent' });
    expect(seen.find((event) => event.type === 'content_block_start' && event.index === 1)).toMatchObject({
      content_block: { type: 'tool_use', name: 'weather', input: {} },
    });
  });

  it.each([
    [{ reason: 'length' as const }, 'max_tokens', null],
    [{ stopString: 'END' }, 'stop_sequence', 'END'],
  ])('says why it stopped: %j', async (end, stop_reason, stop_sequence) => {
    const events = [start(), say('4'), finish(end)];
    expect((await whole({}, events)).message).toMatchObject({ stop_reason, stop_sequence });
    expect((await streamed({}, events)).at(-2)).toMatchObject({ delta: { stop_reason, stop_sequence } });
  });

  it('passes settings on', async () => {
    const schema = { type: 'object' };
    const { request } = await whole({
      thinking: { type: 'enabled', budget_tokens: 1024 },
      temperature: 0.2,
      top_k: 5,
      stop_sequences: ['END'],
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(request).toMatchObject({
      prompt: { thinking: true },
      sampling: { temperature: 0.2, topK: 5 },
      limits: { maxTokens: 2000, maxThinkingTokens: 1024 },
      stop: ['END'],
      format: { type: 'json_schema', schema },
    });
    expect((await whole({ thinking: { type: 'disabled' } })).request.prompt).toMatchObject({
      thinking: false,
    });
    expect((await whole({ thinking: { type: 'adaptive' } })).request.prompt).not.toHaveProperty('thinking');
    const formats = [{ type: 'any' }, { type: 'tool', name: 'weather' }, { type: 'auto' }];
    const asked = await Promise.all(formats.map((tool_choice) => whole({ tools: [TOOL], tool_choice })));
    expect(asked.map(({ request: { format } }) => format)).toEqual([
      { type: 'tool_call', name: null },
      { type: 'tool_call', name: 'weather' },
      { type: 'text' },
    ]);
  });

  it('reads blocks of earlier turns, results of tools as messages of their own', async () => {
    const { request } = await whole({
      tools: [TOOL],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'How warm?' },
            { type: 'text', text: 'In Ghent.' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I look', signature: 's' },
            { type: 'redacted_thinking', data: 'x' },
            { type: 'text', text: 'So:' },
            { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Ghent' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: '18' }] },
            { type: 'text', text: 'Well?' },
          ],
        },
        { role: 'assistant', content: 'It is' },
      ],
    });
    const call = { id: 't1', type: 'function', function: { name: 'weather', arguments: '{"city":"Ghent"}' } };
    expect(request.prompt).toMatchObject({
      continueLast: true,
      messages: [
        { role: 'user', content: 'How warm?\nIn Ghent.' },
        { role: 'assistant', content: 'So:', reasoning_content: 'I look', tool_calls: [call] },
        { role: 'tool', tool_call_id: 't1', content: '18' },
        { role: 'user', content: 'Well?' },
        { role: 'assistant', content: 'It is' },
      ],
    });
  });

  it('hands on the numbers of a call as they were spelled', async () => {
    const test = testApp();
    const call = '{"type":"tool_use","id":"t","name":"f","input":{"x":1.0,"y":[12345678901234567890]}}';
    const messages = `[{"role":"user","content":"x"},{"role":"assistant","content":[${call}]}]`;
    await test.post(PATH, `{"model":"r1-tiny","max_tokens":9,"messages":${messages}}`);
    const told = { function: { arguments: expect.stringMatching(/"x": ?1\.0.*12345678901234567890/) } };
    expect(test.last().prompt).toMatchObject({ messages: [{}, { tool_calls: [told] }] });
  });

  it('lets in by x-api-key, and tells errors in its own form', async () => {
    const keys = [{ name: 'test', hash: hashKey('sk-right'), expires: null, limits: NO_LIMITS }];
    const test = testApp([FOUR], { access: createAccess({ keys: () => keys }) });
    expect((await test.post(PATH, ASK, { 'x-api-key': 'sk-right' })).status).toBe(200);
    expect((await test.post(PATH, ASK, { authorization: 'Bearer sk-right' })).status).toBe(200);
    const wrong = await test.post(PATH, ASK, { 'x-api-key': 'sk-wrong' });
    expect(wrong.status).toBe(401);
    expect(anthropicErrorSchema.parse(await wrong.json()).error.type).toBe('authentication_error');
    expect((await test.app.request(PATH)).status).toBe(405);
  });

  it('tells a prompt that does not fit, and a stream that fails', async () => {
    const test = testApp([failing(new GenerationError('context_length', 'This model’s …'))]);
    const refused = anthropicErrorSchema.parse(await (await test.post(PATH, ASK)).json());
    expect(refused.error).toEqual({
      type: 'invalid_request_error',
      message: 'prompt is too long: This model’s …',
    });
    const broken = function* (): Generator<GenerationEvent> {
      yield start();
      throw new GenerationError('interrupted', 'The model broke off.');
    };
    const text = await (await testApp([broken]).post(PATH, { ...ASK, stream: true })).text();
    expect(messageEventSchema.parse(chunksOf(text).at(-1))).toMatchObject({
      type: 'error',
      error: { type: 'overloaded_error', message: 'The model broke off.' },
    });
  });

  it.each([
    [{ max_tokens: undefined }, 'max_tokens'],
    [
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      'max_tokens: must be greater than thinking.budget_tokens',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] },
      'not blocks of type "image"',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't9' }] }] },
      'messages[0].content[0].tool_use_id: no assistant message before it made this call',
    ],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0].type: only custom tools'],
    [{ messages: [] }, 'messages'],
  ])('%j is 400', async (body, message) => {
    const error = await refusal(body);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.message).toContain(message);
  });

  it('counts a prompt without reading it', async () => {
    const endless = function* (): Generator<GenerationEvent> {
      yield start(123);
      for (;;) yield say('x');
    };
    const test = testApp([endless]);
    const { model, messages } = ASK;
    const thinking = { type: 'enabled', budget_tokens: 4000 };
    // A call or a format that the reply would have to be takes no room where there is none.
    const answer = {
      tools: [TOOL],
      tool_choice: { type: 'any' },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    };
    const response = await test.post(`${PATH}/count_tokens`, { model, messages, thinking, ...answer });
    expect(await response.json()).toEqual({ input_tokens: 123 });
    expect(test.last()).toMatchObject({ limits: { maxTokens: 0 }, format: { type: 'text' } });
    expect(test.backend.returned).toBe(1);
    const refused = await test.post(`${PATH}/count_tokens`, { model, messages: [] });
    expect(anthropicErrorSchema.parse(await refused.json()).error.message).toContain('messages');
  });

  it('names an unknown model', async () => {
    expect(await refusal({ model: 'x' })).toMatchObject({ status: 404, type: 'not_found_error' });
  });
});
