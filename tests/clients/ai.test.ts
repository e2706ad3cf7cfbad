/** Vercel's AI SDK, with its provider for DeepSeek and the one for OpenAI-compatible servers. */
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  generateObject,
  generateText,
  type LanguageModel,
  type ModelMessage,
  RetryError,
  stepCountIs,
  streamObject,
  streamText,
  type TextStreamPart,
  type ToolSet,
  tool,
} from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ANSWER,
  BUSY_ONCE,
  endless,
  KEY,
  MUST_RETURN,
  REASONING,
  REFUSALS,
  type Served,
  saying,
  serve,
  untilBegun,
  untilStopped,
  WEATHER,
  WEATHER_RESULT,
  WEATHER_ROUNDS,
  weatherMessages,
} from './support.ts';

// The warnings are looked at in the results.
globalThis.AI_SDK_LOG_WARNINGS = false;

type Make = (server: Served, model?: string, apiKey?: string) => LanguageModel;

const compatible = (server: Served, apiKey = KEY, more: { supportsStructuredOutputs?: boolean } = {}) =>
  createOpenAICompatible({ name: 'aha', baseURL: `${server.url}/v1`, apiKey, ...more });

const PROVIDERS: readonly (readonly [name: string, make: Make])[] = [
  [
    '@ai-sdk/deepseek',
    (server, model = 'r1-tiny', apiKey = KEY) =>
      createDeepSeek({ baseURL: `${server.url}/v1`, apiKey })(model),
  ],
  [
    '@ai-sdk/openai-compatible',
    (server, model = 'r1-tiny', apiKey = KEY) => compatible(server, apiKey)(model),
  ],
];

const USAGE = {
  inputTokens: 10,
  outputTokens: 6,
  totalTokens: 16,
  inputTokenDetails: { noCacheTokens: 6, cacheReadTokens: 4 },
  outputTokenDetails: { textTokens: 3, reasoningTokens: 3 },
};
const PROMPT = '2 + 2?';
const tools = {
  weather: tool({
    description: WEATHER.description,
    inputSchema: z.object({ city: z.string() }),
    execute: () => JSON.parse(WEATHER_RESULT) as object,
  }),
};

const failure = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => null,
    (error: unknown) => error,
  );

describe.each(PROVIDERS)('ai with %s', (_name, make) => {
  it('reads a reply, its thought and its usage', async () => {
    await using server = await serve();
    const result = await generateText({ model: make(server), prompt: PROMPT });
    expect(result.text).toBe(ANSWER);
    expect(result.reasoningText).toBe(REASONING);
    expect(result.finishReason).toBe('stop');
    expect(result.usage).toMatchObject(USAGE);
    expect(result.response.modelId).toBe('r1-tiny');
  });

  it('streams thought and answer as parts of their own', async () => {
    await using server = await serve();
    const result = streamText({ model: make(server), prompt: PROMPT });
    const parts: TextStreamPart<ToolSet>[] = [];
    for await (const part of result.fullStream) parts.push(part);
    const types = (kind: string): string[] =>
      parts.map(({ type }) => type).filter((type) => type.startsWith(kind));
    // The providers end the thought just before and just after the answer's start.
    expect(types('reasoning')).toEqual([
      'reasoning-start',
      'reasoning-delta',
      'reasoning-delta',
      'reasoning-end',
    ]);
    expect(types('text')).toEqual(['text-start', 'text-delta', 'text-delta', 'text-end']);
    const textOf = (kind: string): string =>
      parts.flatMap((part) => (part.type === kind && 'text' in part ? [part.text] : [])).join('');
    expect(textOf('reasoning-delta')).toBe(REASONING);
    expect(textOf('text-delta')).toBe(ANSWER);
    expect(await result.reasoningText).toBe(REASONING);
    expect(await result.totalUsage).toMatchObject(USAGE);
    expect(await result.finishReason).toBe('stop');
  });

  it('ends a stream that is aborted', async () => {
    await using server = await serve([endless]);
    const abort = new AbortController();
    const result = streamText({ model: make(server), prompt: PROMPT, abortSignal: abort.signal });
    const types: string[] = [];
    for await (const part of result.fullStream) {
      types.push(part.type);
      if (part.type === 'text-delta') abort.abort();
    }
    expect(types.at(-1)).toBe('abort');
    await untilStopped(server);
  });

  it('ends a reply that is aborted', async () => {
    await using server = await serve([endless]);
    const abort = new AbortController();
    const reply = failure(generateText({ model: make(server), prompt: PROMPT, abortSignal: abort.signal }));
    await untilBegun(server);
    abort.abort();
    expect(await reply).toMatchObject({ name: 'AbortError' });
    await untilStopped(server);
  });

  it.each(REFUSALS)('tells $what', async ({ key, content, model, status, says }) => {
    await using server = await serve();
    const error = await failure(
      generateText({ model: make(server, model, key), prompt: content, maxRetries: 0 }),
    );
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: status, message: says, isRetryable: status === 429 });
    if (status === 429) expect(error).toMatchObject({ responseHeaders: { 'retry-after': '7' } });
    const seen: unknown[] = [];
    const result = streamText({
      model: make(server, model, key),
      prompt: content,
      maxRetries: 0,
      onError: ({ error: thrown }) => void seen.push(thrown),
    });
    await result.consumeStream();
    expect(seen).toMatchObject([{ statusCode: status, message: says }]);
  });

  it('tells what breaks a stream off', async () => {
    await using server = await serve();
    const seen: unknown[] = [];
    const result = streamText({
      model: make(server),
      prompt: 'broken',
      onError: ({ error }) => void seen.push(error),
    });
    await result.consumeStream();
    // One provider gives the text, the other the whole error.
    expect(JSON.stringify(seen[0])).toContain('The model’s process ended.');
    expect(await result.finishReason).toBe('error');
  });

  it('comes back by itself after the seconds it was told', async () => {
    await using server = await serve(BUSY_ONCE);
    const result = await generateText({ model: make(server), prompt: PROMPT });
    expect(result.text).toBe(ANSWER);
    expect(server.backend.requests).toHaveLength(2);
  });

  it('gives up after its retries', async () => {
    await using server = await serve([BUSY_ONCE[0]!]);
    const error = await failure(generateText({ model: make(server), prompt: PROMPT, maxRetries: 1 }));
    expect(RetryError.isInstance(error)).toBe(true);
    expect((error as RetryError).lastError).toMatchObject({ statusCode: 429 });
  });

  it.each(['open', 'thinking'] as const)('calls a tool and reads on from its result in %s', async (era) => {
    await using server = await serve(WEATHER_ROUNDS, { era });
    const result = await generateText({
      model: make(server),
      prompt: 'How warm is it in Ghent?',
      tools,
      stopWhen: stepCountIs(3),
    });
    expect(result.text).toBe('It is 18 °C.');
    expect(result.reasoningText).toBe('18 it is');
    expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    const [call] = result.steps[0]!.toolCalls;
    expect(call).toMatchObject({ toolName: 'weather', input: { city: 'Ghent' } });
    expect(server.request(0).prompt).toMatchObject({ tools: [{ function: { name: 'weather' } }] });
    expect(server.request(1).prompt).toMatchObject({ messages: weatherMessages(call!.toolCallId, true) });
    expect(result.totalUsage).toMatchObject({ inputTokens: 30, outputTokens: 12 });
  });

  it('streams a call and the reply to its result', async () => {
    await using server = await serve(WEATHER_ROUNDS, { era: 'thinking' });
    const result = streamText({
      model: make(server),
      prompt: 'How warm is it in Ghent?',
      tools,
      stopWhen: stepCountIs(3),
    });
    expect(await result.text).toBe('It is 18 °C.');
    expect(server.request(1).prompt).toMatchObject({ messages: weatherMessages(expect.any(String), true) });
  });

  it('asks for JSON without a schema', async () => {
    await using server = await serve([saying('{"sum"', ': 4}')]);
    const result = await generateObject({ model: make(server), output: 'no-schema', prompt: PROMPT });
    expect(result.object).toEqual({ sum: 4 });
    expect(result.reasoning).toBe('hm');
    expect(server.request(0).format).toEqual({ type: 'json_object' });
  });

  it('sends its settings', async () => {
    await using server = await serve();
    await generateText({
      model: make(server),
      prompt: PROMPT,
      maxOutputTokens: 50,
      temperature: 0.3,
      topP: 0.8,
      stopSequences: ['END'],
    });
    expect(server.request(0)).toMatchObject({
      limits: { maxTokens: 50 },
      stop: ['END'],
      sampling: { temperature: 0.3, topP: 0.8 },
    });
  });
});

describe('what the two providers do differently', () => {
  const second: ModelMessage[] = [{ role: 'user', content: 'And 3 + 3?' }];

  it('@ai-sdk/deepseek sends no thought of earlier turns: a conversation goes on in r1', async () => {
    await using server = await serve(undefined, { era: 'r1' });
    const model = createDeepSeek({ baseURL: server.url, apiKey: KEY })('deepseek-reasoner');
    const messages: ModelMessage[] = [{ role: 'user', content: PROMPT }];
    const { response } = await generateText({ model, messages });
    const result = await generateText({ model, messages: [...messages, ...response.messages, ...second] });
    expect(result.text).toBe(ANSWER);
    expect(server.request(1).prompt).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: ANSWER }, { role: 'user' }],
    });
  });

  it('@ai-sdk/openai-compatible sends it: r1 refuses it, the others take it', async () => {
    for (const era of ['r1', 'thinking', 'open'] as const) {
      await using server = await serve(undefined, { era });
      const model = compatible(server)('deepseek-reasoner');
      const messages: ModelMessage[] = [{ role: 'user', content: PROMPT }];
      const { response } = await generateText({ model, messages });
      const again = generateText({ model, messages: [...messages, ...response.messages, ...second] });
      if (era === 'r1') {
        expect(await failure(again)).toMatchObject({
          statusCode: 400,
          message: 'messages[1].reasoning_content: the thought of earlier turns must not be sent back',
        });
      } else expect((await again).text).toBe(ANSWER);
    }
  });

  it('@ai-sdk/deepseek keeps the temperature of deepseek-reasoner to itself, and the seed of any', async () => {
    await using server = await serve();
    const provider = createDeepSeek({ baseURL: `${server.url}/v1`, apiKey: KEY });
    const asked = { prompt: PROMPT, temperature: 0.3, seed: 7 };
    const named = await generateText({ model: provider('deepseek-reasoner'), ...asked });
    await generateText({ model: provider('r1-tiny'), ...asked });
    const sampling = server.backend.requests.map(({ request }) => request.sampling);
    expect(sampling.map(({ temperature }) => temperature)).toEqual([0.6, 0.3]);
    expect(sampling.map(({ seed }) => seed)).toEqual([null, null]);
    expect(named.warnings).toMatchObject([{ feature: 'seed' }, { feature: 'temperature' }]);
  });

  it('@ai-sdk/deepseek turns thinking off and tells the cache in its metadata', async () => {
    await using server = await serve();
    const result = await generateText({
      model: createDeepSeek({ baseURL: `${server.url}/v1`, apiKey: KEY })('r1-tiny'),
      prompt: PROMPT,
      providerOptions: { deepseek: { thinking: { type: 'disabled' } } },
    });
    expect(server.request(0).prompt).toMatchObject({ thinking: false });
    expect(result.providerMetadata?.deepseek).toMatchObject({
      promptCacheHitTokens: 4,
      promptCacheMissTokens: 6,
    });
  });

  it('@ai-sdk/openai-compatible sends every field of its provider’s options', async () => {
    await using server = await serve();
    await generateText({
      model: compatible(server)('r1-tiny'),
      prompt: PROMPT,
      seed: 7,
      providerOptions: { aha: { max_thinking_tokens: 20, top_k: 5, reasoningEffort: 'high' } },
    });
    expect(server.request(0)).toMatchObject({
      limits: { maxThinkingTokens: 20 },
      sampling: { topK: 5, seed: 7 },
      prompt: { variables: { reasoning_effort: 'high' } },
    });
  });

  it('@ai-sdk/openai-compatible asks for JSON of a schema where it is told that the server can', async () => {
    for (const stream of [false, true]) {
      await using server = await serve([saying('{"sum"', ': 4}')]);
      const model = compatible(server, KEY, { supportsStructuredOutputs: true })('r1-tiny');
      const asked = { model, schema: z.object({ sum: z.int() }), prompt: PROMPT };
      let object: unknown;
      if (stream) for await (const partial of streamObject(asked).partialObjectStream) object = partial;
      else ({ object } = await generateObject(asked));
      expect(object).toEqual({ sum: 4 });
      expect(server.request(0).format).toMatchObject({
        type: 'json_schema',
        schema: { properties: { sum: { type: 'integer' } } },
      });
    }
  });

  it('@ai-sdk/openai-compatible keeps the schema to itself otherwise', async () => {
    await using server = await serve([saying('{"sum": 4}')]);
    const model = compatible(server)('r1-tiny');
    await generateObject({ model, schema: z.object({ sum: z.int() }), prompt: PROMPT });
    expect(server.request(0)).toMatchObject({
      prompt: { messages: [{ role: 'user', content: PROMPT }] },
      format: { type: 'json_object' },
    });
  });

  it('calls without their thought are refused in thinking', async () => {
    await using server = await serve(WEATHER_ROUNDS, { era: 'thinking' });
    const model = compatible(server)('r1-tiny');
    const { response } = await generateText({ model, prompt: PROMPT, tools });
    const messages = response.messages.map((message) =>
      message.role === 'assistant' && typeof message.content !== 'string'
        ? { ...message, content: message.content.filter(({ type }) => type !== 'reasoning') }
        : message,
    );
    const again = generateText({ model, messages: [{ role: 'user', content: PROMPT }, ...messages], tools });
    expect(await failure(again)).toMatchObject({ statusCode: 400, message: MUST_RETURN });
  });
});
