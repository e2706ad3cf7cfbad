import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/support/eventually.ts';
import { GenerationError, type GenerationEvent } from '../backend.ts';
import { completionSchema } from './response-schemas.ts';
import { chunksOf, finish, normalised, say, start, testApp } from './testing.ts';

const PATH = '/v1/completions';
const token = (text: string, offset: number, logprob = -1) => ({
  token: text,
  logprob,
  bytes: null,
  offset,
  top: [{ token: text, logprob, bytes: null }],
});
const plain = { thought: false, reasoningTokens: 0 };
const REPLY: readonly GenerationEvent[] = [
  start(3, 0),
  say('ab'),
  say('c'),
  finish({ ...plain, completionTokens: 2 }),
];
const HEAD =
  '{"id":"cmpl-ID","object":"text_completion","created":0,"model":"r1-tiny","system_fingerprint":"fp_41829e9b44",';

describe('/v1/completions', () => {
  it('goes on with a text', async () => {
    const test = testApp([REPLY]);
    const response = await test.post(PATH, {
      model: 'r1-tiny',
      prompt: 'x',
      seed: 1,
      stop: 'S',
      temperature: 0,
    });
    const body = completionSchema.parse(await response.json());
    expect(body.choices).toEqual([{ text: 'abc', index: 0, logprobs: null, finish_reason: 'stop' }]);
    expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 });
    expect(test.last()).toEqual({
      prompt: { kind: 'text', text: 'x' },
      n: 1,
      sampling: {
        temperature: 0,
        topP: 0.95,
        topK: 0,
        presencePenalty: 0,
        frequencyPenalty: 0,
        logitBias: {},
        seed: 1,
      },
      limits: { maxTokens: 16, maxAnswerTokens: null, maxThinkingTokens: null },
      stop: ['S'],
      topLogprobs: null,
      format: { type: 'text' },
    });
  });

  it('streams', async () => {
    const response = await testApp([REPLY]).post(PATH, { model: 'r1-tiny', prompt: 'x', stream: true });
    const text = normalised(await response.text());
    const block = (rest: string) => `data: ${HEAD}"choices":[${rest}\n\n`;
    expect(text).toBe(
      block('{"text":"ab","index":0,"logprobs":null,"finish_reason":null}],"usage":null}') +
        block('{"text":"c","index":0,"logprobs":null,"finish_reason":null}],"usage":null}') +
        block(
          '{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,' +
            '"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0},' +
            '"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":3}}',
        ) +
        'data: [DONE]\n\n',
    );
  });

  it('numbers the replies to several prompts through', async () => {
    const reply = (text: string): GenerationEvent[] => [
      start(2, 1),
      say(`${text}0`, 0),
      say(`${text}1`, 1),
      finish({ ...plain, index: 1, completionTokens: 1 }),
      finish({ ...plain, index: 0, completionTokens: 1 }),
    ];
    const test = testApp([reply('a'), reply('b')]);
    const ask = { model: 'r1-tiny', prompt: ['A', 'B'], n: 2 };
    const body = completionSchema.parse(await (await test.post(PATH, ask)).json());
    expect(body.choices.map(({ text }) => text)).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(body.usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 4, prompt_cache_hit_tokens: 2 });
    const both = testApp([reply('a'), reply('b')]);
    const streamed = await (
      await both.post(PATH, { ...ask, stream: true, stream_options: { include_usage: true } })
    ).text();
    const chunks = chunksOf(streamed).map((chunk) => completionSchema.parse(chunk));
    const texts = ['', '', '', ''];
    for (const { choices } of chunks) for (const { index, text } of choices) texts[index] += text;
    expect(texts).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('reports log-probabilities in columns', async () => {
    const events = [
      start(),
      { ...say('ab'), contentLogprobs: [token('ab', 0)] } as GenerationEvent,
      { ...say('c'), contentLogprobs: [token('c', 2)] } as GenerationEvent,
      finish(plain),
    ];
    const test = testApp([events]);
    const columns = {
      tokens: ['ab', 'c'],
      token_logprobs: [-1, -1],
      top_logprobs: [{ ab: -1 }, { c: -1 }],
      text_offset: [0, 2],
    };
    const ask = { model: 'r1-tiny', prompt: 'x', logprobs: 1 };
    const whole = completionSchema.parse(await (await test.post(PATH, ask)).json());
    expect(whole.choices[0]!.logprobs).toEqual(columns);
    expect(test.last().topLogprobs).toBe(1);
    const chunks = chunksOf(await (await test.post(PATH, { ...ask, stream: true })).text());
    const offsets = chunks.flatMap(
      (chunk) => completionSchema.parse(chunk).choices[0]!.logprobs?.text_offset ?? [],
    );
    expect(offsets).toEqual([0, 2]);
  });

  it('sends an echoed prompt before each reply to it, and counts on from its end', async () => {
    const first = { ...token('xy', 0), logprob: null, top: [] };
    const echoed = (text: string): GenerationEvent[] => [
      start(3, 0),
      { type: 'prompt', index: 0, text, tokens: [first] },
      { type: 'prompt', index: 0, text: '', tokens: [token('z', 2, -3)] },
      ...[0, 1].flatMap((index): GenerationEvent[] => [
        { ...say('a', index), contentLogprobs: [token('a', 0)] } as GenerationEvent,
        finish({ ...plain, index, completionTokens: 1 }),
      ]),
    ];
    const ask = { model: 'r1-tiny', prompt: [[1, 2], [3]], n: 2, echo: true, logprobs: 1, max_tokens: 1 };
    const test = testApp([echoed('xyz'), echoed('xyw')]);
    const { choices } = completionSchema.parse(await (await test.post(PATH, ask)).json());
    expect(test.backend.requests.map(({ request }) => [request.prompt, request.echo])).toEqual([
      [{ kind: 'tokens', ids: [1, 2] }, true],
      [{ kind: 'tokens', ids: [3] }, true],
    ]);
    expect(choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'xyza'],
      [1, 'xyza'],
      [2, 'xywa'],
      [3, 'xywa'],
    ]);
    for (const { logprobs } of choices) {
      expect(logprobs).toEqual({
        tokens: ['xy', 'z', 'a'],
        token_logprobs: [null, -3, -1],
        top_logprobs: [null, { z: -3 }, { a: -1 }],
        text_offset: [0, 2, 3],
      });
    }
    const streamed = testApp([echoed('xyz'), echoed('xyw')]);
    const chunks = chunksOf(await (await streamed.post(PATH, { ...ask, stream: true })).text());
    const texts = ['', '', '', ''];
    const offsets: number[][] = [[], [], [], []];
    for (const chunk of chunks) {
      for (const { index, text, logprobs } of completionSchema.parse(chunk).choices) {
        texts[index] += text;
        offsets[index]!.push(...(logprobs?.text_offset ?? []));
      }
    }
    expect(texts).toEqual(['xyza', 'xyza', 'xywa', 'xywa']);
    expect(offsets).toEqual([0, 1, 2, 3].map(() => [0, 2, 3]));
  });

  it('spells out bytes that are no text, and always reports the token itself', async () => {
    const half = { token: '\ufffd', logprob: -2, bytes: [0xc3], offset: 0 };
    const other = { token: '\ufffd', logprob: -1, bytes: [0xc2] };
    const events = [start(), { ...say(''), contentLogprobs: [{ ...half, top: [other] }] }, finish(plain)];
    const test = testApp([events as GenerationEvent[]]);
    const ask = { model: 'r1-tiny', prompt: 'x', logprobs: 1 };
    const { choices } = completionSchema.parse(await (await test.post(PATH, ask)).json());
    expect(choices[0]!.logprobs).toMatchObject({
      tokens: ['bytes:\\xc3'],
      top_logprobs: [{ 'bytes:\\xc2': -1, 'bytes:\\xc3': -2 }],
    });
  });

  it.each([
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ suffix: 'x' }, 'suffix'],
    [{ best_of: 2 }, 'best_of'],
    [{ prompt: [1, 1000] }, 'prompt[1]'],
    [{ prompt: [[1], [2, 1000]] }, 'prompt[1][1]'],
    [{ prompt: [[1], [2, -1]] }, 'prompt[1][1]'],
    [{ prompt: [1.5] }, 'prompt[0]'],
    [{ prompt: [1, 'x'] }, 'prompt[1]'],
    [{ prompt: ['x', [1]] }, 'prompt[1]'],
    [{ prompt: [[1], 'x'] }, 'prompt[1]'],
    [{ prompt: [[1], []] }, 'prompt[1]'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: 5 }, 'prompt'],
    [{ prompt: undefined }, 'prompt'],
  ])('%j is 400', async (more, param) => {
    const response = await testApp([REPLY]).post(PATH, { model: 'r1-tiny', prompt: 'x', ...more });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
  });

  it('reads control tokens only where it is asked to', async () => {
    const test = testApp([REPLY]);
    await test.post(PATH, { model: 'r1-tiny', prompt: 'x', control_tokens: true });
    expect(test.last().prompt).toEqual({ kind: 'text', text: 'x', controlTokens: true });
  });

  it('refuses more replies than are ever taken at once', async () => {
    const body = { model: 'r1-tiny', prompt: Array.from({ length: 41 }, () => 'x'), n: 2 };
    const response = await testApp([]).post(PATH, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('prompts × n is 82; this server takes 80');
  });

  it('ends the other prompts when one fails', async () => {
    const endless = function* () {
      yield start();
      for (;;) yield say('x');
    };
    const test = testApp([
      endless,
      function* () {
        yield start();
        throw new GenerationError('queue_full', 'Too many wait.');
      },
    ]);
    const response = await test.post(PATH, { model: 'r1-tiny', prompt: ['a', 'b'] });
    expect(response.status).toBe(429);
    await eventually(() => expect(test.backend.returned).toBe(1));
  });
});
