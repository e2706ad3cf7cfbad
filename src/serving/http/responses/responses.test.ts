import { describe, expect, it } from 'vitest';
import { GenerationError, type GenerationEvent, type TokenLogprob } from '../../backend.ts';
import { errorSchema } from '../response-schemas.ts';
import { chunksOf, FOUR, failing, finish, say, start, testApp, think } from '../testing.ts';
import { responseEventSchema, responseSchema } from './reply-schema.ts';

const PATH = '/v1/responses';
const ASK = { model: 'r1-tiny', input: '2 + 2?' };
const TOOL = { type: 'function', name: 'weather', parameters: { type: 'object' } };
const CALLING: readonly GenerationEvent[] = [
  start(),
  think('I look'),
  say('So:\n<tool_call>\n{"name": "weather", "arguments": {"city": "Ghent"}}\n</tool_call>'),
  say('\n<tool_call>\n{"name": "weather", "arguments": {}}\n</tool_call>'),
  finish(),
];

async function whole(body: object, events: readonly GenerationEvent[] = FOUR) {
  const test = testApp([events]);
  const response = await test.post(PATH, { ...ASK, ...body });
  return { test, response: responseSchema.parse(await response.json()), request: test.last() };
}

async function streamed(body: object, events: readonly GenerationEvent[] = FOUR) {
  const text = await (await testApp([events]).post(PATH, { ...ASK, ...body, stream: true })).text();
  const lines = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  const seen = chunksOf(text).map((chunk) => responseEventSchema.parse(chunk));
  expect(lines).toEqual(seen.map(({ type }) => type));
  expect(seen.map(({ sequence_number }) => sequence_number)).toEqual(seen.map((_, i) => i));
  return seen;
}

/** Without what differs from one reply to the next. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(/"(id|call_id|item_id)":"[^"]*"|"created_at":\d+/g, '"$1":0'));

async function refusal(body: object) {
  const response = await testApp().post(PATH, { ...ASK, ...body });
  return { status: response.status, ...errorSchema.parse(await response.json()).error };
}

describe('/v1/responses', () => {
  it('answers with the thought and the answer as items', async () => {
    const { response, request } = await whole({ instructions: 'Be brief.', metadata: { a: 'b' } });
    expect(request.prompt).toEqual({
      kind: 'chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: '2 + 2?' },
      ],
    });
    expect(plain(response.output)).toEqual([
      {
        id: 0,
        type: 'reasoning',
        status: 'completed',
        summary: [{ type: 'summary_text', text: '2 + 2 = 4' }],
        content: [{ type: 'reasoning_text', text: '2 + 2 = 4' }],
        encrypted_content: expect.any(String),
      },
      {
        id: 0,
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'The answer is 4', annotations: [], logprobs: [] }],
      },
    ]);
    expect(response).toMatchObject({
      status: 'completed',
      store: false,
      instructions: 'Be brief.',
      metadata: { a: 'b' },
    });
    expect(response.usage).toEqual({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 6,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 16,
    });
  });

  it('streams the events of each item, and at the end the response that it sends whole', async () => {
    const seen = await streamed({});
    expect(seen.map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    const deltas = seen.flatMap((event) =>
      event.type === 'response.output_text.delta' ? [event.delta] : [],
    );
    expect(deltas).toEqual(['The answer', ' is 4']);
    const last = seen.at(-1)!;
    expect(plain('response' in last && last.response)).toEqual(plain((await whole({})).response));
  });

  it('tells calls as items of their own, without the blanks between them', async () => {
    const { response } = await whole({ tools: [TOOL] }, CALLING);
    expect(plain(response.output.slice(1))).toMatchObject([
      { type: 'message', content: [{ text: 'So:\n' }] },
      { type: 'function_call', name: 'weather', arguments: expect.stringMatching(/^\{"city": ?"Ghent"\}$/) },
      { type: 'function_call', name: 'weather', arguments: '{}' },
    ]);
    const seen = await streamed({ tools: [TOOL] }, CALLING);
    const done = seen.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
    expect(plain(done)).toEqual(plain(response.output));
    const args = seen.flatMap((event) =>
      event.type === 'response.function_call_arguments.done' ? [event.arguments] : [],
    );
    expect(args).toEqual([expect.stringContaining('Ghent'), '{}']);
  });

  it('is incomplete where the tokens ran out, and names the item that was cut', async () => {
    const cut = [start(), think('hm'), finish({ reason: 'length' })];
    const { response } = await whole({ max_output_tokens: 1 }, cut);
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect(response.output).toMatchObject([{ type: 'reasoning', status: 'incomplete' }]);
    expect((await streamed({}, cut)).at(-1)!.type).toBe('response.incomplete');
  });

  it('passes settings, tools and formats on', async () => {
    const schema = { type: 'object' };
    const { request } = await whole({
      temperature: 0.2,
      top_p: 0.5,
      max_output_tokens: 100,
      seed: 7,
      reasoning: { effort: 'low', summary: 'auto' },
      tools: [{ ...TOOL, strict: true }],
      text: { format: { type: 'json_schema', name: 'x', schema, strict: true } },
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
    });
    expect(request).toMatchObject({
      sampling: { temperature: 0.2, topP: 0.5, seed: 7 },
      limits: { maxTokens: 100, maxThinkingTokens: 1024 },
      prompt: {
        tools: [{ type: 'function', function: { name: 'weather', parameters: schema, strict: true } }],
        variables: { reasoning_effort: 'low' },
      },
      format: { type: 'json_schema', schema },
      topLogprobs: 2,
    });
    expect((await whole({ reasoning: { effort: 'none' } })).request.prompt).toMatchObject({
      thinking: false,
    });
    expect(
      (await whole({ tools: [TOOL], tool_choice: { type: 'function', name: 'weather' } })).request.format,
    ).toEqual({
      type: 'tool_call',
      name: 'weather',
    });
    const none = await whole({ tools: [TOOL], tool_choice: 'none' });
    expect(none.request.prompt).not.toHaveProperty('tools');
  });

  it('reads the items of a conversation as its messages', async () => {
    const { request } = await whole({
      input: [
        { role: 'developer', content: 'Be brief.' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'How warm?' }] },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'I look' }] },
        {
          type: 'message',
          role: 'assistant',
          id: 'm',
          content: [{ type: 'output_text', text: 'So:', annotations: [] }],
        },
        {
          type: 'function_call',
          id: 'fc',
          call_id: 'c1',
          name: 'weather',
          arguments: '{}',
          status: 'completed',
        },
        { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: '18' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: '19' }] },
        { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'ok' }] },
        { role: 'assistant', content: 'Warm.' },
        { role: 'user', content: 'Thanks' },
      ],
    });
    const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{}' } });
    expect(request.prompt).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'How warm?' },
        {
          role: 'assistant',
          content: 'So:',
          reasoning_content: 'I look',
          tool_calls: [call('c1'), call('c2')],
        },
        { role: 'tool', tool_call_id: 'c1', content: '18' },
        { role: 'tool', tool_call_id: 'c2', content: '19' },
        { role: 'assistant', content: 'Warm.', reasoning_content: 'ok' },
        { role: 'user', content: 'Thanks' },
      ],
    });
  });

  it('carries log-probabilities with the text', async () => {
    const token: TokenLogprob = { token: '4', logprob: -1, bytes: [52], offset: 0, top: [] };
    const events: GenerationEvent[] = [
      start(),
      { ...say('4'), contentLogprobs: [token] } as GenerationEvent,
      finish(),
    ];
    const told = [{ token: '4', logprob: -1, bytes: [52], top_logprobs: [] }];
    const { response } = await whole({ top_logprobs: 1 }, events);
    expect(response.output).toMatchObject([{ content: [{ logprobs: told }] }]);
    const deltas = (await streamed({ top_logprobs: 1 }, events)).filter(
      ({ type }) => type === 'response.output_text.delta',
    );
    expect(deltas).toMatchObject([{ delta: '4', logprobs: told }]);
  });

  it('ends a stream that fails with an error that every client finds', async () => {
    const broken = function* (): Generator<GenerationEvent> {
      yield start();
      yield say('The');
      throw new GenerationError('interrupted', 'The model broke off.');
    };
    const text = await (await testApp([broken]).post(PATH, { ...ASK, stream: true })).text();
    const last = responseEventSchema.parse(chunksOf(text).at(-1));
    expect(last).toMatchObject({ type: 'error', code: 'interrupted', message: 'The model broke off.' });
    expect(last).toMatchObject({ error: { message: 'The model broke off.' } });
  });

  it('tells a prompt that does not fit by its code', async () => {
    const test = testApp([failing(new GenerationError('context_length', 'too long'))]);
    const response = await test.post(PATH, ASK);
    expect(response.status).toBe(400);
    expect(errorSchema.parse(await response.json()).error.code).toBe('context_length_exceeded');
  });

  it.each([
    [
      { previous_response_id: 'resp_1' },
      'previous_response_id',
      'send all items of the conversation in input',
    ],
    [{ conversation: 'conv_1' }, 'conversation', 'not stored here'],
    [{ background: true }, 'background', 'not supported'],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type', 'send the item itself'],
    [{ input: [{ type: 'custom_tool_call' }] }, 'input[0].type', 'items of type "custom_tool_call"'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
      'input[0].content[0].type',
      'text only',
    ],
    [
      { input: [{ type: 'function_call_output', call_id: 'c', output: '' }] },
      'input[0].call_id',
      'this call',
    ],
    [{ input: [] }, 'input', ''],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', 'only functions'],
    [{ tool_choice: 'required' }, 'tool_choice', 'no tool'],
    [{ max_output_tokens: 0 }, 'max_output_tokens', ''],
  ])('%j is 400 at %s', async (body, param, message) => {
    const error = await refusal(body);
    expect(error).toMatchObject({ status: 400, param });
    expect(error.message).toContain(message);
  });
});
