/** OpenAI's JavaScript client. */
import OpenAI, { type ClientOptions } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionMessage,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { GenerationEvent } from '../../src/serving/backend.ts';
import { finish, say, start, think } from '../../src/serving/http/testing.ts';
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

/** The field the client's types do not know. */
interface Thinking {
  readonly reasoning_content?: string | null;
}

type Delta = { readonly content?: string | null } & Thinking;

const QUESTION = { model: 'r1-tiny', messages: [{ role: 'user' as const, content: '2 + 2?' }] };
const TOOL = { type: 'function' as const, function: { ...WEATHER } };

function client(server: Served, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey: KEY, maxRetries: 0, ...options });
}

function thoughtOf(message: ChatCompletionMessage): string | null | undefined {
  return (message as Thinking).reasoning_content;
}

/** Thought and answer of a stream, as docs/clients.md shows it. */
async function accumulate(stream: AsyncIterable<ChatCompletionChunk>) {
  let [reasoning, answer] = ['', ''];
  for await (const chunk of stream) {
    const delta: Delta | undefined = chunk.choices[0]?.delta;
    reasoning += delta?.reasoning_content ?? '';
    answer += delta?.content ?? '';
  }
  return { reasoning, answer };
}

describe('openai (npm)', () => {
  it('reads a reply, its thought and its usage', async () => {
    await using server = await serve();
    const reply = await client(server).chat.completions.create(QUESTION);
    const [choice] = reply.choices;
    expect(choice!.message.content).toBe(ANSWER);
    expect(thoughtOf(choice!.message)).toBe(REASONING);
    expect(choice!.finish_reason).toBe('stop');
    expect(reply.model).toBe('r1-tiny');
    expect(reply._request_id).toMatch(/^[\da-f-]{36}$/);
    expect(reply.usage).toMatchObject({
      prompt_tokens: 10,
      completion_tokens: 6,
      total_tokens: 16,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    });
  });

  it('streams thought and answer apart, the usage on the last chunk', async () => {
    await using server = await serve();
    const chunks: ChatCompletionChunk[] = [];
    for await (const chunk of await client(server).chat.completions.create({ ...QUESTION, stream: true })) {
      chunks.push(chunk);
    }
    const again = (async function* () {
      yield* chunks;
    })();
    expect(await accumulate(again)).toEqual({ reasoning: REASONING, answer: ANSWER });
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop');
    expect(chunks.filter(({ usage }) => usage != null)).toEqual([chunks.at(-1)]);
  });

  it.each([
    ['open', 0],
    ['thinking', 1],
    ['r1', 1],
  ] as const)('include_usage in %s: the usage’s chunk has %i choices', async (era, choices) => {
    await using server = await serve(undefined, { era });
    const model = 'deepseek-reasoner';
    const options = { ...QUESTION, model, stream: true as const, stream_options: { include_usage: true } };
    let last: ChatCompletionChunk | undefined;
    for await (const chunk of await client(server).chat.completions.create(options)) last = chunk;
    expect(last!.choices).toHaveLength(choices);
    expect(last!.usage).toMatchObject({
      total_tokens: 16,
      completion_tokens_details: { reasoning_tokens: 3 },
    });
  });

  it('loses the thought in .stream(), except in its chunks', async () => {
    await using server = await serve();
    const runner = client(server).chat.completions.stream(QUESTION);
    const { reasoning, answer } = await accumulate(runner);
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]!.message.content).toBe(ANSWER);
    expect(thoughtOf(final.choices[0]!.message)).not.toBe(REASONING);
    expect({ reasoning, answer }).toEqual({ reasoning: REASONING, answer: ANSWER });
    expect(final.usage?.total_tokens).toBe(16);
  });

  it('ends a stream that is aborted', async () => {
    await using server = await serve([endless]);
    const stream = await client(server).chat.completions.create({ ...QUESTION, stream: true });
    let words = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) words += 1;
      if (words === 3) stream.controller.abort();
    }
    expect(words).toBe(3);
    await untilStopped(server);
  });

  it('ends a stream whose loop is left', async () => {
    await using server = await serve([endless]);
    for await (const chunk of await client(server).chat.completions.create({ ...QUESTION, stream: true })) {
      if (chunk.choices[0]?.delta.content) break;
    }
    await untilStopped(server);
  });

  it('ends a reply that is aborted or takes too long', async () => {
    for (const options of [{ signal: AbortSignal.timeout(200) }, { timeout: 200 }]) {
      await using server = await serve([endless]);
      const reply = client(server).chat.completions.create(QUESTION, options);
      await expect(reply).rejects.toBeInstanceOf(
        'timeout' in options ? OpenAI.APIConnectionTimeoutError : OpenAI.APIUserAbortError,
      );
      await untilBegun(server);
      await untilStopped(server);
    }
  });

  it.each(REFUSALS)('tells $what', async ({ key, content, model, status, says }) => {
    await using server = await serve();
    const messages = [{ role: 'user' as const, content }];
    for (const stream of [false, true]) {
      const asked = client(server, { apiKey: key }).chat.completions.create({ model, messages, stream });
      const error = await asked.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      const kinds = {
        400: OpenAI.BadRequestError,
        401: OpenAI.AuthenticationError,
        404: OpenAI.NotFoundError,
        429: OpenAI.RateLimitError,
      };
      expect(error).toBeInstanceOf(kinds[status]);
      expect(error).toMatchObject({ status, message: `${status} ${says}` });
      if (status === 429)
        expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('7');
    }
  });

  it('throws what breaks a stream off', async () => {
    await using server = await serve();
    const messages = [{ role: 'user' as const, content: 'broken' }];
    const stream = await client(server).chat.completions.create({ ...QUESTION, messages, stream: true });
    await expect(accumulate(stream)).rejects.toMatchObject({
      name: 'Error',
      code: 'interrupted',
      message: 'The model’s process ended.',
    });
  });

  it('comes back by itself after the seconds it was told', async () => {
    await using server = await serve(BUSY_ONCE);
    const begun = performance.now();
    const reply = await client(server, { maxRetries: 2 }).chat.completions.create(QUESTION);
    expect(reply.choices[0]!.message.content).toBe(ANSWER);
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(server.backend.requests).toHaveLength(2);
  });

  it('is told to wait when its key’s limit is reached', async () => {
    await using server = await serve(undefined, { limits: { requestsPerMinute: 1 } });
    await client(server).chat.completions.create(QUESTION);
    const error = await client(server)
      .chat.completions.create(QUESTION)
      .then(null, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({
      message: '429 The limit of this API key is reached: 1 requests per minute.',
    });
    const wait = Number((error as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after'));
    expect(wait).toBeGreaterThan(30);
    expect(wait).toBeLessThanOrEqual(60);
  });

  it('sends its settings', async () => {
    await using server = await serve([
      [start(), say('A', 0), say('B', 1), finish({ index: 0 }), finish({ index: 1, reason: 'length' })],
    ]);
    const reply = await client(server).chat.completions.create({
      ...QUESTION,
      n: 2,
      stop: ['\n\n', 'END'],
      seed: 7,
      temperature: 0.3,
      top_p: 0.8,
      presence_penalty: 0.5,
      frequency_penalty: -0.5,
      max_completion_tokens: 50,
      logit_bias: { '3': -100 },
      reasoning_effort: 'low',
    });
    expect(reply.choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
      ['A', 'stop'],
      ['B', 'length'],
    ]);
    expect(server.request(0)).toMatchObject({
      n: 2,
      stop: ['\n\n', 'END'],
      limits: { maxTokens: 50, maxThinkingTokens: 1024 },
      sampling: {
        seed: 7,
        temperature: 0.3,
        topP: 0.8,
        presencePenalty: 0.5,
        frequencyPenalty: -0.5,
        logitBias: { '3': -100 },
      },
      prompt: { variables: { reasoning_effort: 'low' } },
    });
  });

  it('reads log-probabilities of thought and answer', async () => {
    const token = (text: string, logprob: number) => ({
      token: text,
      logprob,
      bytes: [...Buffer.from(text)],
      offset: 0,
      top: [{ token: text, logprob, bytes: [...Buffer.from(text)] }],
    });
    await using server = await serve([
      [
        start(),
        { ...think('hm'), reasoningLogprobs: [token('hm', -0.5)] } as GenerationEvent,
        { ...say('4'), contentLogprobs: [token('4', -0.25)] } as GenerationEvent,
        finish(),
      ],
    ]);
    const reply = await client(server).chat.completions.create({
      ...QUESTION,
      logprobs: true,
      top_logprobs: 1,
    });
    const logprobs = reply.choices[0]!.logprobs as ChatCompletion.Choice.Logprobs & {
      reasoning_content: { token: string; logprob: number }[];
    };
    expect(logprobs.content).toMatchObject([{ token: '4', logprob: -0.25, top_logprobs: [{ token: '4' }] }]);
    expect(logprobs.reasoning_content).toMatchObject([{ token: 'hm', logprob: -0.5 }]);
    expect(server.request(0).topLogprobs).toBe(1);
  });

  it('asks for JSON', async () => {
    await using server = await serve([saying('{"sum"', ': 4}')]);
    const reply = await client(server).chat.completions.create({
      ...QUESTION,
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(reply.choices[0]!.message.content!)).toEqual({ sum: 4 });
    expect(server.request(0).format).toEqual({ type: 'json_object' });
  });

  it('asks for JSON of a schema, and parses it', async () => {
    await using server = await serve([saying('{"sum"', ': 4}')]);
    const format = zodResponseFormat(z.object({ sum: z.int() }), 'addition');
    const reply = await client(server).chat.completions.parse({ ...QUESTION, response_format: format });
    expect(reply.choices[0]!.message.parsed).toEqual({ sum: 4 });
    expect(server.request(0).format).toMatchObject({
      type: 'json_schema',
      schema: { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] },
    });
  });

  it.each(['open', 'thinking'] as const)('calls a tool and reads on from its result in %s', async (era) => {
    await using server = await serve(WEATHER_ROUNDS, { era });
    const { completions } = client(server).chat;
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'How warm is it in Ghent?' }];
    const request = { model: 'r1-tiny', tools: [TOOL] };
    const [first] = (await completions.create({ ...request, messages })).choices;
    const call = first!.message.tool_calls![0]!;
    expect(first!.finish_reason).toBe('tool_calls');
    expect(call).toMatchObject({
      type: 'function',
      function: { name: 'weather', arguments: '{"city": "Ghent"}' },
    });
    // The message goes back as it came: in `thinking` its thought must.
    messages.push(first!.message, { role: 'tool', tool_call_id: call.id, content: WEATHER_RESULT });
    const [second] = (await completions.create({ ...request, messages })).choices;
    expect(second!.message.content).toBe('It is 18 °C.');
    expect(thoughtOf(second!.message)).toBe('18 it is');
    expect(server.request(1).prompt).toMatchObject({ messages: weatherMessages(call.id, true) });
  });

  // The helper sends the model's messages on without their thought: `thinking` needs it where calls are made.
  it('runs tools by itself, where no thought must be sent back', async () => {
    const run = (server: Served, more: object = {}) =>
      client(server)
        .chat.completions.runTools({
          ...more,
          model: 'r1-tiny',
          messages: [{ role: 'user', content: 'How warm is it in Ghent?' }],
          tools: [{ type: 'function', function: { ...WEATHER, function: () => WEATHER_RESULT } }],
        })
        .finalContent();
    await using open = await serve(WEATHER_ROUNDS);
    expect(await run(open)).toBe('It is 18 °C.');
    expect(open.request(1).prompt).toMatchObject({ messages: weatherMessages(expect.any(String), false) });
    await using thinking = await serve(WEATHER_ROUNDS, { era: 'thinking' });
    await expect(run(thinking)).rejects.toMatchObject({ status: 400, message: `400 ${MUST_RETURN}` });
    await using unthinking = await serve(WEATHER_ROUNDS, { era: 'thinking' });
    expect(await run(unthinking, { thinking: { type: 'disabled' } })).toBe('It is 18 °C.');
  });

  it('streams a call', async () => {
    await using server = await serve(WEATHER_ROUNDS);
    const runner = client(server).chat.completions.stream({ ...QUESTION, tools: [TOOL] });
    const { message, finish_reason } = (await runner.finalChatCompletion()).choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'weather', arguments: '{"city": "Ghent"}' } },
    ]);
  });

  it('asks for a call of one tool, of any, of none', async () => {
    await using server = await serve(WEATHER_ROUNDS);
    const choices = ['none', 'required', { type: 'function', function: { name: 'weather' } }] as const;
    for (const tool_choice of choices) {
      await client(server).chat.completions.create({ ...QUESTION, tools: [TOOL], tool_choice });
    }
    expect(server.backend.requests.map(({ request }) => request.format)).toEqual([
      { type: 'text' },
      { type: 'tool_call', name: null },
      { type: 'tool_call', name: 'weather' },
    ]);
  });

  it('lists the models and reads one', async () => {
    await using server = await serve();
    const models = [];
    for await (const model of client(server).models.list()) models.push(model.id);
    expect(models).toContain('r1-tiny');
    expect(await client(server).models.retrieve('r1-tiny')).toMatchObject({ id: 'r1-tiny', object: 'model' });
  });

  it('completes text', async () => {
    await using server = await serve([[start(), say('4'), finish()]]);
    const reply = await client(server).completions.create({ model: 'r1-tiny', prompt: '2 + 2 = ' });
    expect(reply.choices[0]!.text).toBe('4');
  });
});
