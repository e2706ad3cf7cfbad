/** LangChain's model for DeepSeek. */
import { ContextOverflowError } from '@langchain/core/errors';
import { AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatDeepSeek } from '@langchain/deepseek';
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
  WEATHER_RESULT,
  WEATHER_ROUNDS,
  weatherMessages,
} from './support.ts';

type Fields = Partial<Exclude<ConstructorParameters<typeof ChatDeepSeek>[0], string | undefined>>;

function chat(server: Served, fields: Fields = {}): ChatDeepSeek {
  return new ChatDeepSeek({
    model: 'r1-tiny',
    apiKey: KEY,
    maxRetries: 0,
    configuration: { baseURL: `${server.url}/v1` },
    ...fields,
  });
}

const weather = tool(() => WEATHER_RESULT, {
  name: 'weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
});

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

describe('@langchain/deepseek', () => {
  it('reads a reply, its thought and its usage', async () => {
    await using server = await serve();
    const message = await chat(server).invoke('2 + 2?');
    expect(message.content).toBe(ANSWER);
    expect(message.additional_kwargs.reasoning_content).toBe(REASONING);
    expect(message.response_metadata).toMatchObject({ finish_reason: 'stop', model_provider: 'deepseek' });
    expect(message.usage_metadata).toMatchObject({
      input_tokens: 10,
      output_tokens: 6,
      total_tokens: 16,
      input_token_details: { cache_read: 4 },
      output_token_details: { reasoning: 3 },
    });
  });

  it('streams thought and answer apart, with the usage', async () => {
    await using server = await serve();
    let all: AIMessageChunk | undefined;
    const thoughts: unknown[] = [];
    for await (const chunk of await chat(server).stream('2 + 2?')) {
      if (chunk.additional_kwargs.reasoning_content) thoughts.push(chunk.additional_kwargs.reasoning_content);
      all = all === undefined ? chunk : all.concat(chunk);
    }
    expect(thoughts).toEqual(['2 + 2', ' = 4']);
    expect(all!.content).toBe(ANSWER);
    expect(all!.additional_kwargs.reasoning_content).toBe(REASONING);
    expect(all!.usage_metadata).toMatchObject({
      input_tokens: 10,
      output_tokens: 6,
      input_token_details: { cache_read: 4 },
      output_token_details: { reasoning: 3 },
    });
  });

  it('ends a stream that is aborted, and one whose loop is left', async () => {
    for (const how of ['signal', 'break']) {
      await using server = await serve([endless]);
      const abort = new AbortController();
      const read = async (): Promise<void> => {
        for await (const chunk of await chat(server).stream('go', { signal: abort.signal })) {
          if (chunk.content === '') continue;
          if (how === 'break') return;
          abort.abort();
        }
      };
      expect(await failure(read())).toEqual(how === 'break' ? null : expect.any(Error));
      await untilStopped(server);
    }
  });

  it('ends a reply that is aborted', async () => {
    await using server = await serve([endless]);
    const abort = new AbortController();
    const reply = failure(chat(server).invoke('go', { signal: abort.signal }));
    await untilBegun(server);
    abort.abort();
    expect(await reply).toMatchObject({ message: expect.stringMatching(/abort/i) });
    await untilStopped(server);
  });

  it.each(REFUSALS)('tells $what', async ({ what, key, content, model, status, says }) => {
    await using server = await serve();
    const asked = chat(server, { apiKey: key, model });
    for (const reply of [asked.invoke(content), asked.stream(content)]) {
      const error = await failure(reply);
      // Of a prompt that does not fit LangChain makes an error of its own; the client's is its cause.
      const told = ContextOverflowError.isInstance(error) ? error.cause : error;
      expect(ContextOverflowError.isInstance(error)).toBe(what === 'a prompt that does not fit');
      expect(told).toMatchObject({ status, message: expect.stringContaining(`${status} ${says}`) });
      const kinds = {
        400: undefined,
        401: 'MODEL_AUTHENTICATION',
        404: 'MODEL_NOT_FOUND',
        429: 'MODEL_RATE_LIMIT',
      };
      expect((error as { lc_error_code?: string }).lc_error_code).toBe(kinds[status]);
    }
  });

  it('throws what breaks a stream off', async () => {
    await using server = await serve();
    const read = async (): Promise<void> => {
      for await (const _ of await chat(server).stream('broken'));
    };
    expect(await failure(read())).toMatchObject({
      code: 'interrupted',
      message: 'The model’s process ended.',
    });
  });

  it('comes back by itself', async () => {
    await using server = await serve(BUSY_ONCE);
    const message = await chat(server, { maxRetries: 2 }).invoke('2 + 2?');
    expect(message.content).toBe(ANSWER);
    expect(server.backend.requests).toHaveLength(2);
  });

  it('calls a tool and reads on from its result in open', async () => {
    await using server = await serve(WEATHER_ROUNDS);
    const bound = chat(server).bindTools([weather]);
    const question = new HumanMessage('How warm is it in Ghent?');
    const first = await bound.invoke([question]);
    expect(first.tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Ghent' } }]);
    expect(first.additional_kwargs.reasoning_content).toBe('I must look');
    const result = (await weather.invoke(first.tool_calls![0]! as never)) as ToolMessage;
    expect(result).toBeInstanceOf(ToolMessage);
    const second = await bound.invoke([question, first, result]);
    expect(second.content).toBe('It is 18 °C.');
    expect(second.additional_kwargs.reasoning_content).toBe('18 it is');
    // The thought of the call is not sent back.
    expect(server.request(1).prompt).toMatchObject({
      messages: weatherMessages(first.tool_calls![0]!.id, false),
    });
  });

  it('loses the thought between calls, which thinking refuses; without thinking it goes on', async () => {
    const round = async (server: Served, modelKwargs: Record<string, unknown>) => {
      const bound = chat(server, { modelKwargs }).bindTools([weather]);
      const question = new HumanMessage('How warm is it in Ghent?');
      const first = await bound.invoke([question]);
      const result = (await weather.invoke(first.tool_calls![0]! as never)) as ToolMessage;
      return bound.invoke([question, first, result]);
    };
    await using thinking = await serve(WEATHER_ROUNDS, { era: 'thinking' });
    expect(await failure(round(thinking, {}))).toMatchObject({
      status: 400,
      message: expect.stringContaining(MUST_RETURN),
    });
    await using unthinking = await serve(WEATHER_ROUNDS, { era: 'thinking' });
    const last = await round(unthinking, { thinking: { type: 'disabled' } });
    expect(last.content).toBe('It is 18 °C.');
  });

  it('streams a call', async () => {
    await using server = await serve(WEATHER_ROUNDS);
    let all: AIMessageChunk | undefined;
    for await (const chunk of await chat(server).bindTools([weather]).stream('How warm is it in Ghent?')) {
      all = all === undefined ? chunk : all.concat(chunk);
    }
    expect(all).toBeInstanceOf(AIMessageChunk);
    expect(all!.tool_calls).toMatchObject([{ name: 'weather', args: { city: 'Ghent' } }]);
  });

  it('asks for JSON', async () => {
    await using server = await serve([saying('{"sum"', ': 4}')]);
    const structured = chat(server).withStructuredOutput(z.object({ sum: z.int() }), { method: 'jsonMode' });
    expect(await structured.invoke('2 + 2?')).toEqual({ sum: 4 });
    expect(server.request(0).format).toEqual({ type: 'json_object' });
  });

  it('calls a tool for an object, unless told otherwise', async () => {
    const call = '<tool_call>\n{"name": "extract", "arguments": {"sum": 4}}\n</tool_call>';
    await using server = await serve([saying(call)]);
    const structured = chat(server).withStructuredOutput(z.object({ sum: z.int() }));
    expect(await structured.invoke('2 + 2?')).toEqual({ sum: 4 });
    expect(server.request(0).format).toEqual({ type: 'tool_call', name: 'extract' });
  });

  it('goes on with a conversation in r1', async () => {
    await using server = await serve(undefined, { era: 'r1' });
    const model = chat(server, { model: 'deepseek-reasoner', configuration: { baseURL: server.url } });
    const first = await model.invoke([new HumanMessage('2 + 2?')]);
    const second = await model.invoke([new HumanMessage('2 + 2?'), first, new HumanMessage('And 3 + 3?')]);
    expect(second.content).toBe(ANSWER);
  });

  it('sends its settings', async () => {
    await using server = await serve();
    const model = chat(server, {
      temperature: 0.3,
      maxTokens: 50,
      stop: ['END'],
      modelKwargs: { max_thinking_tokens: 20, seed: 7 },
    });
    await model.invoke('2 + 2?');
    expect(server.request(0)).toMatchObject({
      limits: { maxTokens: 50, maxThinkingTokens: 20 },
      stop: ['END'],
      sampling: { temperature: 0.3, seed: 7 },
    });
  });
});
