import { describe, expect, it } from 'vitest';
import { GenerationError, type GenerationEvent, type TokenLogprob } from '../backend.ts';
import { chatChunkSchema } from './response-schemas.ts';
import { chunksOf, FOUR, finish, normalised, say, start, TOOLS, testApp, think } from './testing.ts';

const HEAD =
  '{"id":"chatcmpl-ID","object":"chat.completion.chunk","created":0,"model":"deepseek-reasoner","system_fingerprint":"fp_41829e9b44",';
const USAGE =
  '{"prompt_tokens":10,"completion_tokens":6,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":4},' +
  '"completion_tokens_details":{"reasoning_tokens":3},"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6}';
const NONE = '"logprobs":null,"finish_reason":null}],"usage":null}';

const block = (rest: string): string => `data: ${HEAD}"choices":[${rest}\n\n`;
const body = (firstContent: '' | null): string =>
  block(
    `{"index":0,"delta":{"role":"assistant","content":${JSON.stringify(firstContent)},"reasoning_content":""},${NONE}`,
  ) + BODY;
const BODY = [
  block(`{"index":0,"delta":{"content":null,"reasoning_content":"2 + 2"},${NONE}`),
  block(`{"index":0,"delta":{"content":null,"reasoning_content":" = 4"},${NONE}`),
  block(`{"index":0,"delta":{"content":"The answer","reasoning_content":null},${NONE}`),
  block(`{"index":0,"delta":{"content":" is 4","reasoning_content":null},${NONE}`),
].join('');
const END =
  '{"index":0,"delta":{"content":"","reasoning_content":null},"logprobs":null,"finish_reason":"stop"}';
const DONE = 'data: [DONE]\n\n';

async function transcript(test: ReturnType<typeof testApp>, more: object = {}): Promise<string> {
  const response = await test.chat({ model: 'deepseek-reasoner', stream: true, ...more });
  expect(response.status).toBe(200);
  const text = await response.text();
  for (const chunk of chunksOf(text)) chatChunkSchema.parse(chunk);
  return normalised(text);
}

describe('a streamed chat completion', () => {
  // The guide of DeepSeek's API adds the first chunk's content to the answer: null would end that program.
  it.each([
    ['r1', ''],
    ['r1-0528', ''],
    ['thinking', null],
    ['open', null],
  ] as const)('has the captured form in %s, its first content %j', async (era, first) => {
    const text = await transcript(testApp([FOUR], { era }));
    expect(text).toBe(`${body(first)}${block(`${END}],"usage":${USAGE}}`)}${DONE}`);
  });

  it.each([
    ['r1', ''],
    ['r1-0528', ''],
    ['thinking', null],
  ] as const)('keeps the usage on the last choice with include_usage in %s', async (era, first) => {
    const text = await transcript(testApp([FOUR], { era }), { stream_options: { include_usage: true } });
    expect(text).toBe(`${body(first)}${block(`${END}],"usage":${USAGE}}`)}${DONE}`);
  });

  it('sends the usage on a chunk of its own with include_usage in open', async () => {
    const text = await transcript(testApp(), { stream_options: { include_usage: true } });
    expect(text).toBe(`${body(null)}${block(`${END}],"usage":null}`)}${block(`],"usage":${USAGE}}`)}${DONE}`);
  });

  it('has no field for a thought where thinking is off', async () => {
    const events = [start(), say('4'), finish({ reasoningTokens: 0, completionTokens: 1, thought: false })];
    const text = await transcript(testApp([events]), { thinking: { type: 'disabled' } });
    const deltas = chunksOf<{ choices: { delta: object }[] }>(text).map(({ choices }) => choices[0]!.delta);
    expect(deltas).toEqual([{ role: 'assistant', content: '' }, { content: '4' }, { content: '' }]);
  });

  it('numbers the chunks of several replies and sends the usage once, on the last', async () => {
    const events: GenerationEvent[] = [
      start(),
      think('a', 0),
      think('b', 1),
      say('A', 0),
      finish({ index: 0 }),
      say('B', 1),
      finish({ index: 1, reason: 'length' }),
    ];
    const chunks = chunksOf<{
      choices: { index: number; finish_reason: string | null }[];
      usage: { completion_tokens: number } | null;
    }>(await transcript(testApp([events]), { n: 2 }));
    expect(chunks.map(({ choices }) => choices[0]!.index)).toEqual([0, 1, 0, 1, 0, 0, 1, 1]);
    expect(chunks.map(({ choices }) => choices[0]!.finish_reason).filter(Boolean)).toEqual([
      'stop',
      'length',
    ]);
    expect(chunks.map(({ usage }) => usage?.completion_tokens ?? null)).toEqual([...Array(7).fill(null), 12]);
  });

  it('carries log-probabilities with the text they belong to, -9999 for none', async () => {
    const token = (text: string, logprob = -0.5): TokenLogprob => ({
      token: text,
      logprob,
      bytes: [...Buffer.from(text)],
      offset: 0,
      top: [{ token: text, logprob, bytes: null }],
    });
    const events: GenerationEvent[] = [
      start(),
      { ...think('hm'), reasoningLogprobs: [token('hm')] } as GenerationEvent,
      { ...say(''), contentLogprobs: [token('\ufffd', Number.NEGATIVE_INFINITY)] } as GenerationEvent,
      { ...say('é'), contentLogprobs: [token('\ufffd')] } as GenerationEvent,
      finish(),
    ];
    const chunks = chunksOf<{ choices: { logprobs: Record<string, { logprob: number }[]> | null }[] }>(
      await transcript(testApp([events]), { logprobs: true, top_logprobs: 1 }),
    );
    const logprobs = chunks.map(({ choices }) => choices[0]!.logprobs);
    expect(logprobs[1]).toEqual({
      content: null,
      reasoning_content: [
        {
          token: 'hm',
          logprob: -0.5,
          bytes: [104, 109],
          top_logprobs: [{ token: 'hm', logprob: -0.5, bytes: null }],
        },
      ],
    });
    expect(logprobs[2]!.content!.map(({ logprob }) => logprob)).toEqual([-9999, -0.5]);
    expect(logprobs).toHaveLength(4);
  });

  it('carries log-probabilities in the order of the text: what closed the thought before the answer', async () => {
    const named = (...texts: string[]) =>
      texts.map((text): TokenLogprob => ({ token: text, logprob: -1, bytes: null, offset: 0, top: [] }));
    const call = '<tool_call>{"name": "f", "arguments": {}}</tool_call>';
    const events: GenerationEvent[] = [
      start(),
      { ...think('hm'), reasoningLogprobs: named('hm') } as GenerationEvent,
      { ...think(''), reasoningLogprobs: named('\n', '</think>') } as GenerationEvent,
      { ...say(''), contentLogprobs: named('\n\n') } as GenerationEvent,
      { ...say('I look <'), contentLogprobs: named('I look <') } as GenerationEvent,
      { ...say('<'), contentLogprobs: named('<') } as GenerationEvent,
      { ...say('. '), contentLogprobs: named('. ') } as GenerationEvent,
      { ...say(call.slice(0, 20)), contentLogprobs: named('call 1') } as GenerationEvent,
      { ...say(call.slice(20)), contentLogprobs: named('call 2') } as GenerationEvent,
      finish(),
    ];
    const chunks = chunksOf<{
      choices: { delta: Record<string, unknown>; logprobs: Record<string, { token: string }[]> | null }[];
    }>(await transcript(testApp([events]), { logprobs: true, tools: TOOLS }));
    const told = chunks.slice(1, -1).map(({ choices: [choice] }) => {
      const { delta, logprobs } = choice!;
      const names = (logprobs!.reasoning_content ?? logprobs!.content!).map(({ token }) => token);
      return [delta.reasoning_content ?? delta.content ?? 'call', names];
    });
    expect(told).toEqual([
      ['hm', ['hm']],
      ['', ['\n', '</think>']],
      ['I look ', ['\n\n']],
      ['<', ['I look <']],
      ['<. ', ['<', '. ']],
      ['call', ['call 1', 'call 2']],
    ]);
  });

  it('tells an error after the status in an event, and ends without [DONE]', async () => {
    const test = testApp([
      function* () {
        yield start();
        yield think('hm');
        throw new GenerationError('interrupted', 'The model’s process ended.');
      },
    ]);
    const sent = await (await test.chat({ stream: true })).text();
    expect(sent).toMatch(
      /\ndata: \{"error":\{"message":"The model’s process ended\.".*"code":"interrupted"\}\}\n\n$/,
    );
    expect(sent).not.toContain('[DONE]');
    expect(test.observer.errors).toEqual([]);
  });

  it('hides an unforeseen error and keeps it for the log', async () => {
    const secret = new Error('cannot read /home/me/weights');
    const test = testApp([
      function* () {
        yield start();
        yield think('hm');
        throw secret;
      },
    ]);
    const sent = await (await test.chat({ stream: true })).text();
    expect(sent).toContain('"code":"internal_error"');
    expect(sent).not.toContain('weights');
    expect(test.observer.errors).toEqual([secret]);
  });

  it('ends an interrupted reply with DeepSeek’s finish reason in its eras', async () => {
    const test = testApp(
      [
        function* () {
          yield start();
          yield think('hm');
          throw new GenerationError('interrupted', 'The model’s process ended.');
        },
      ],
      { era: 'r1' },
    );
    const text = await transcript(test);
    expect(text).toContain('"finish_reason":"insufficient_system_resource"}],"usage":{"prompt_tokens":10,');
    expect(text.endsWith(DONE)).toBe(true);
    const whole = (await (await test.chat()).json()) as { choices: object[] };
    expect(whole.choices).toMatchObject([
      { message: { reasoning_content: 'hm', content: '' }, finish_reason: 'insufficient_system_resource' },
    ]);
  });
});
