/** The messages API through Anthropic's own client. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { npmPackages } from '../support/installed.ts';
import {
  ANSWER,
  endless,
  KEY,
  REASONING,
  REFUSALS,
  type Served,
  serve,
  untilStopped,
  WEATHER,
  WEATHER_RESULT,
  WEATHER_ROUNDS,
} from './support.ts';

const SDK = await npmPackages({ '@anthropic-ai/sdk': '1.14.0' });
const QUESTION = { model: 'r1-tiny', max_tokens: 2000, messages: [{ role: 'user', content: '2 + 2?' }] };

interface Message {
  readonly content: readonly {
    readonly type: string;
    readonly id: string;
    readonly [field: string]: unknown;
  }[];
  readonly stop_reason: string;
  readonly usage: object;
}

/** What these tests use of the client, whose types are not installed. */
interface Client {
  readonly messages: {
    create(request: object): Promise<Message & AsyncIterable<{ readonly type: string }>>;
    stream(request: object): { finalMessage(): Promise<Message> };
  };
}

async function client(server: Served, apiKey = KEY): Promise<Client> {
  const file = createRequire(path.join(SDK.dir, 'x.js')).resolve('@anthropic-ai/sdk');
  const { default: Anthropic } = (await import(pathToFileURL(file).href)) as {
    default: new (options: object) => Client;
  };
  return new Anthropic({ baseURL: server.url, apiKey, maxRetries: 0 });
}

describe.skipIf(SDK.missing)(`@anthropic-ai/sdk${SDK.note}`, () => {
  it('reads a message, and collects the same from a stream', async () => {
    await using server = await serve();
    const own = await client(server);
    const content = [
      { type: 'thinking', thinking: REASONING, signature: expect.any(String) },
      { type: 'text', text: ANSWER },
    ];
    const usage = { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 6 };
    const expected = { content, stop_reason: 'end_turn', usage };
    expect(await own.messages.create(QUESTION)).toMatchObject(expected);
    expect(await own.messages.stream(QUESTION).finalMessage()).toMatchObject(expected);
  });

  it.each([false, true])('calls a tool and sends everything back, streamed: %s', async (streamed) => {
    await using server = await serve(WEATHER_ROUNDS);
    const { messages: api } = await client(server);
    const { name, description, parameters: input_schema } = WEATHER;
    const tools = [{ name, description, input_schema }];
    const messages: object[] = [{ role: 'user', content: 'How warm is it in Ghent?' }];
    const ask = (): Promise<Message> => {
      const request = { ...QUESTION, messages, tools };
      return streamed ? api.stream(request).finalMessage() : api.create(request);
    };
    const first = await ask();
    const call = first.content.find(({ type }) => type === 'tool_use')!;
    expect(call.input).toEqual({ city: 'Ghent' });
    messages.push({ role: 'assistant', content: first.content });
    messages.push({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: call.id, content: WEATHER_RESULT }],
    });
    const last = await ask();
    expect(last.content.at(-1)).toMatchObject({ type: 'text', text: 'It is 18 °C.' });
    expect(server.request(-1).prompt).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', reasoning_content: 'I must look', tool_calls: [{ id: call.id }] },
        { role: 'tool', tool_call_id: call.id, content: WEATHER_RESULT },
      ],
    });
  });

  it.each(REFUSALS)('tells $what', async ({ key, content, model, status, says }) => {
    await using server = await serve();
    const own = await client(server, key);
    const asked = own.messages.create({ ...QUESTION, model, messages: [{ role: 'user', content }] });
    await expect(asked).rejects.toMatchObject({
      status,
      message: expect.stringContaining(JSON.stringify(says).slice(1, -1)),
    });
  });

  it('throws where a stream breaks off', async () => {
    await using server = await serve();
    const messages = [{ role: 'user', content: 'broken' }];
    const stream = (await client(server)).messages.stream({ ...QUESTION, messages });
    await expect(stream.finalMessage()).rejects.toThrow('The model’s process ended.');
  });

  it('stops the model when it leaves', async () => {
    await using server = await serve([endless]);
    const stream = await (await client(server)).messages.create({ ...QUESTION, stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await untilStopped(server);
  });
});
