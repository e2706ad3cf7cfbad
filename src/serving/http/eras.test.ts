import { describe, expect, it } from 'vitest';
import { ERAS } from './eras.ts';
import { askIn, CALL, FOUR, MODEL, RESULT, start, TOOLS, testApp, user } from './testing.ts';

describe('max_tokens', () => {
  it.each([
    ['r1', {}, { maxTokens: null, maxAnswerTokens: 4096, maxThinkingTokens: 32_768 }],
    ['r1', { max_tokens: 8192 }, { maxTokens: null, maxAnswerTokens: 8192, maxThinkingTokens: 32_768 }],
    ['r1-0528', {}, { maxTokens: 32_768, maxAnswerTokens: null, maxThinkingTokens: null }],
    [
      'r1-0528',
      { max_tokens: 65_536 },
      { maxTokens: 65_536, maxAnswerTokens: null, maxThinkingTokens: null },
    ],
    ['thinking', {}, { maxTokens: null, maxAnswerTokens: null, maxThinkingTokens: null }],
    [
      'thinking',
      { max_tokens: 5, max_thinking_tokens: 3 },
      { maxTokens: 5, maxAnswerTokens: null, maxThinkingTokens: null },
    ],
    ['open', { max_completion_tokens: 7 }, { maxTokens: 7, maxAnswerTokens: null, maxThinkingTokens: null }],
    [
      'open',
      { max_tokens: 5, max_thinking_tokens: 0 },
      { maxTokens: 5, maxAnswerTokens: null, maxThinkingTokens: 0 },
    ],
  ] as const)('in %s, %j gives %j', async (era, body, limits) => {
    expect((await askIn(era, body)).request!.limits).toEqual(limits);
  });

  it.each([
    ['r1', 8193, 8192],
    ['r1-0528', 65_537, 65_536],
  ] as const)('in %s, %i is refused in DeepSeek’s words', async (era, value, max) => {
    const { status, error } = await askIn(era, { max_tokens: value });
    expect(status).toBe(400);
    expect(error!.message).toBe(`Invalid max_tokens value, the valid range of max_tokens is [1, ${max}]`);
  });
});

describe('sampling', () => {
  const asked = { temperature: 1.5, top_p: 0.99, presence_penalty: 1, frequency_penalty: -1, seed: 7 };
  const fixed = {
    temperature: 0.6,
    topP: 0.95,
    topK: 0,
    presencePenalty: 0,
    frequencyPenalty: 0,
    logitBias: {},
    seed: 7,
  };
  const honoured = { ...fixed, temperature: 1.5, topP: 0.99, presencePenalty: 1, frequencyPenalty: -1 };

  it.each([
    ['r1', {}, fixed],
    ['r1-0528', {}, fixed],
    ['thinking', {}, { ...fixed, topP: 0.99 }],
    ['thinking', { top_p: 0.1 }, fixed],
    ['thinking', { thinking: { type: 'disabled' } }, honoured],
    ['open', {}, honoured],
    ['open', { top_k: -1 }, honoured],
    ['open', { top_k: 5, logit_bias: { 3: -100 } }, { ...honoured, topK: 5, logitBias: { 3: -100 } }],
    ['r1', { top_k: 5, logit_bias: { 3: -100 } }, fixed],
  ] as const)('in %s with %j', async (era, more, expected) => {
    expect((await askIn(era, { ...asked, ...more })).request!.sampling).toEqual(expected);
  });

  it.each(ERAS)('is the model’s own in %s where the request does not say', async (era) => {
    const sampling = { temperature: 0.3, topP: 0.8, topK: 20 };
    const test = testApp([FOUR], { era, models: [{ ...MODEL, sampling }] });
    const messages = [{ role: 'user', content: 'x' }];
    for (const [path, body] of [
      ['/v1/chat/completions', { messages }],
      ['/v1/completions', { prompt: 'x' }],
      ['/v1/responses', { input: 'x' }],
      ['/v1/messages', { messages, max_tokens: 9 }],
    ] as const) {
      expect((await test.post(path, { model: 'r1-tiny', ...body })).status).toBe(200);
      expect(test.last().sampling).toMatchObject(sampling);
    }
    await test.post('/v1/completions', { model: 'r1-tiny', prompt: 'x', temperature: 1, top_k: 0 });
    expect(test.last().sampling).toMatchObject({ temperature: 1, topP: 0.8, topK: 0 });
  });

  it.each(ERAS)('out of range is refused in %s', async (era) => {
    for (const wrong of [
      { temperature: 2.1 },
      { top_p: 0 },
      { presence_penalty: -2.1 },
      { frequency_penalty: 3 },
    ]) {
      const { status, error } = await askIn(era, wrong);
      expect(status).toBe(400);
      expect(error!.param).toBe(Object.keys(wrong)[0]);
    }
  });
});

describe('what an era lacks', () => {
  const json = { response_format: { type: 'json_object' } };
  const schema = {
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
  };

  it.each([
    ['logprobs', { logprobs: true }, ['r1', 'r1-0528']],
    ['top_logprobs', { logprobs: true, top_logprobs: 2 }, ['r1', 'r1-0528']],
    ['tools', { tools: TOOLS }, ['r1', 'r1-0528']],
    ['json_object', json, ['r1']],
    ['json_schema', schema, ['r1', 'r1-0528', 'thinking']],
    [
      'a tool’s result',
      {
        messages: [
          user(),
          { role: 'assistant', content: '', reasoning_content: '', tool_calls: [CALL] },
          RESULT,
        ],
      },
      ['r1', 'r1-0528'],
    ],
    [
      'prefix outside /beta',
      { messages: [user(), { role: 'assistant', content: 'A', prefix: true }] },
      ['r1', 'r1-0528', 'thinking'],
    ],
  ] as const)('%s is an error only in the eras without it', async (_name, body, without) => {
    const statuses = await Promise.all(ERAS.map(async (era) => (await askIn(era, body)).status));
    expect(statuses).toEqual(ERAS.map((era) => ((without as readonly string[]).includes(era) ? 400 : 200)));
  });

  it.each(ERAS)('%s takes fields that ask for nothing', async (era) => {
    const nothing = {
      logprobs: false,
      top_logprobs: 0,
      tools: [],
      response_format: { type: 'text' },
      stop: null,
      n: null,
    };
    expect((await askIn(era, nothing)).status).toBe(200);
  });

  it('fields of later APIs are passed over in r1, whatever they hold', async () => {
    const { status, request } = await askIn('r1', {
      thinking: 'off',
      reasoning_effort: 3,
      chat_template_kwargs: [],
      max_thinking_tokens: 'x',
      continue_final_message: 1,
    });
    expect(status).toBe(200);
    expect(request!.prompt).toMatchObject({ thinking: true });
    expect(request!.prompt).not.toHaveProperty('variables');
  });

  it('a value of the wrong type is 422 in R1’s time, 400 later', async () => {
    const statuses = await Promise.all(
      ERAS.map(async (era) => (await askIn(era, { messages: [{ role: 'user' }] })).status),
    );
    expect(statuses).toEqual([422, 422, 400, 400]);
  });
});

describe('names of models', () => {
  it.each(ERAS)('deepseek-reasoner is the default model in %s, and is what the reply says', async (era) => {
    const test = testApp([FOUR], { era, models: [MODEL, { ...MODEL, id: 'other' }] });
    const body = (await (await test.chat({ model: 'deepseek-reasoner' })).json()) as { model: string };
    expect(body.model).toBe('deepseek-reasoner');
    await test.chat({ model: 'other' });
    expect(test.backend.requests.map(({ model }) => model)).toEqual(['r1-tiny', 'other']);
  });

  it('a served model of that name is meant before the alias', async () => {
    const test = testApp([FOUR], { models: [MODEL, { ...MODEL, id: 'deepseek-reasoner' }] });
    await test.chat({ model: 'deepseek-reasoner' });
    expect(test.backend.requests[0]!.model).toBe('deepseek-reasoner');
  });

  it.each(['gpt-4', 'toString', '__proto__'])('%s is 404 with the names there are', async (model) => {
    const { status, error } = await askIn('open', { model });
    expect(status).toBe(404);
    expect(error!.message).toContain('r1-tiny');
  });
});

describe('the context of r1', () => {
  it.each([
    [61_440, 200],
    [61_441, 400],
  ])('with the default answer a prompt of %i tokens gets %i', async (tokens, status) => {
    const test = testApp([[start(tokens, 0), ...FOUR.slice(1)]], { era: 'r1' });
    for (const stream of [false, true]) {
      const response = await test.chat({ stream });
      expect(response.status).toBe(status);
      const text = await response.text();
      if (status === 400) expect(text).toContain('65536 tokens. However, you requested 65537 tokens');
    }
    expect(test.backend.returned).toBe(status === 400 ? 2 : 0);
  });
});
