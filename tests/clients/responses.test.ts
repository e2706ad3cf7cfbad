/** The responses API through OpenAI's own client: the version of this project, and in the long tests the newest. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { npmPackages } from '../support/installed.ts';
import { requirement } from '../support/requirement.ts';
import {
  ANSWER,
  byQuestion,
  endless,
  KEY,
  REASONING,
  REFUSALS,
  type Served,
  saying,
  serve,
  untilStopped,
  WEATHER,
  WEATHER_RESULT,
  WEATHER_ROUNDS,
} from './support.ts';

const NEWEST = await npmPackages({ openai: '7.59.0' });

async function newest(): Promise<typeof OpenAI> {
  const file = createRequire(path.join(NEWEST.dir, 'x.js')).resolve('openai');
  const { default: found } = (await import(pathToFileURL(file).href)) as { default: typeof OpenAI };
  return found;
}

const CLIENTS = [
  ['openai', requirement(null), () => Promise.resolve(OpenAI)],
  ['openai 7.59.0', NEWEST, newest],
] as const;
const QUESTION = { model: 'r1-tiny', input: '2 + 2?' };

/** Of any version: what is looked at is the same in all. */
function client(Client: typeof OpenAI, server: Served, apiKey = KEY): OpenAI {
  return new Client({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
}

describe.each(CLIENTS)('responses of %s', (_name, { missing, note }, load) => {
  it.skipIf(missing)(`collects a stream${note}`, async () => {
    await using server = await serve();
    const stream = client(await load(), server).responses.stream(QUESTION);
    let answer = '';
    stream.on('response.output_text.delta', ({ delta }) => {
      answer += delta;
    });
    const response = await stream.finalResponse();
    expect(answer).toBe(ANSWER);
    expect(response.output_text).toBe(ANSWER);
    expect(response.output[0]).toMatchObject({ type: 'reasoning', summary: [{ text: REASONING }] });
    expect(response.usage).toMatchObject({ input_tokens: 10, output_tokens: 6 });
  });

  it.skipIf(missing)(`calls a tool and sends everything back${note}`, async () => {
    await using server = await serve(WEATHER_ROUNDS);
    const own = client(await load(), server);
    const tools = [{ type: 'function' as const, strict: true, ...WEATHER }];
    const input: OpenAI.Responses.ResponseInputItem[] = [
      { role: 'user', content: 'How warm is it in Ghent?' },
    ];
    const first = await own.responses.create({ model: 'r1-tiny', input, tools, store: false });
    const call = first.output.find((item) => item.type === 'function_call')!;
    input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]));
    input.push({ type: 'function_call_output', call_id: call.call_id, output: WEATHER_RESULT });
    const last = await own.responses.create({ model: 'r1-tiny', input, tools, store: false });
    expect(last.output_text).toBe('It is 18 °C.');
    const called = { name: 'weather', arguments: expect.stringMatching(/^\{"city": ?"Ghent"\}$/) };
    expect(server.request(-1).prompt).toMatchObject({
      messages: [
        { role: 'user', content: 'How warm is it in Ghent?' },
        {
          role: 'assistant',
          reasoning_content: 'I must look',
          tool_calls: [{ id: call.call_id, function: called }],
        },
        { role: 'tool', tool_call_id: call.call_id, content: WEATHER_RESULT },
      ],
    });
  });

  it.skipIf(missing)(`parses an answer of a schema${note}`, async () => {
    await using server = await serve([saying('{"sum"', ': 4}')]);
    const schema = { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] };
    const text = { format: { type: 'json_schema' as const, name: 'sum', schema } };
    const response = await client(await load(), server).responses.create({ ...QUESTION, text });
    expect(JSON.parse(response.output_text)).toEqual({ sum: 4 });
    expect(server.request(-1).format).toEqual({ type: 'json_schema', schema });
  });

  it.skipIf(missing).each(REFUSALS)(`tells $what${note}`, async ({ key, content, model, status, says }) => {
    await using server = await serve();
    const asked = client(await load(), server, key).responses.create({ model, input: content, stream: true });
    await expect(asked).rejects.toMatchObject({ status, message: expect.stringContaining(says) });
  });

  it.skipIf(missing)(`throws where a stream breaks off${note}`, async () => {
    await using server = await serve([byQuestion]);
    const { responses } = client(await load(), server);
    const read = async (): Promise<void> => {
      const stream = await responses.create({ model: 'r1-tiny', input: 'broken', stream: true });
      for await (const event of stream) expect(event.type).toMatch(/^response\./);
    };
    await expect(read()).rejects.toThrow('The model’s process ended.');
  });

  it.skipIf(missing)(`stops the model when it leaves${note}`, async () => {
    await using server = await serve([endless]);
    const { responses } = client(await load(), server);
    const stream = await responses.create({ ...QUESTION, stream: true });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    await untilStopped(server);
  });
});
