/** OpenAI's client, the server and a model in its own process: random weights, so the form of replies and not their text. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { byteTokenizer } from '../support/byte-tokenizer.ts';
import { eventually, settled } from '../support/eventually.ts';
import { type RealServer, serveReal } from './real-server.ts';

let server: RealServer;
let client: OpenAI;

beforeAll(async () => {
  const checkpoint = await writeByteCheckpoint(await mkdtemp(path.join(tmpdir(), 'aha-clients-')));
  server = await serveReal(checkpoint);
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(async () => {
  await server?.close();
});

const QUESTION = { model: 'bytes', messages: [{ role: 'user' as const, content: 'Say something.' }] };

describe('openai (npm) with a model', () => {
  it('reads a reply of as many tokens as it asked for at most', async () => {
    const reply = await client.chat.completions.create({ ...QUESTION, max_tokens: 20, seed: 1 });
    expect(['stop', 'length']).toContain(reply.choices[0]!.finish_reason);
    expect(reply.usage!.completion_tokens).toBeGreaterThan(0);
    expect(reply.usage!.completion_tokens).toBeLessThanOrEqual(20);
    expect(reply.usage!.prompt_tokens).toBeGreaterThan('Say something.'.length / 2);
  });

  it('streams the reply it would get whole', async () => {
    const request = { ...QUESTION, max_tokens: 40, temperature: 0 };
    const message = (await client.chat.completions.create(request)).choices[0]!.message as Message;
    let [reasoning, answer] = ['', ''];
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      const delta = chunk.choices[0]!.delta as Message;
      reasoning += delta.reasoning_content ?? '';
      answer += delta.content ?? '';
    }
    expect({ reasoning, answer }).toEqual({
      reasoning: message.reasoning_content ?? '',
      answer: message.content,
    });
    expect(reasoning + answer).not.toBe('');
  });

  it('repeats a reply with its seed', async () => {
    const texts = [];
    for (const seed of [3, 3]) {
      const reply = await client.chat.completions.create({
        ...QUESTION,
        max_tokens: 30,
        temperature: 1,
        seed,
      });
      texts.push(JSON.stringify(reply.choices[0]!.message));
    }
    expect(texts[0]).toBe(texts[1]);
  });

  it('tells seeds of 64 bits apart', async () => {
    const said = async (seed: string): Promise<string> => {
      const rest = JSON.stringify({ ...QUESTION, max_tokens: 20, temperature: 1 }).slice(1);
      const body = `{"seed":${seed},${rest}`;
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body });
      const reply = (await response.json()) as { choices: { message: unknown }[] };
      return JSON.stringify(reply.choices[0]!.message);
    };
    const [most, least] = [`${2n ** 64n - 1n}`, `${2n ** 64n - 2n}`];
    expect(await said(most)).toBe(await said(most));
    expect(await said(most)).not.toBe(await said(least));
  });

  it('stops the model when it aborts', async () => {
    const generated = (): number => server.backend.stats()[0]!.generatedTokens;
    const before = generated();
    // No end token: this reply would fill the context.
    const logit_bias = { [byteTokenizer().eosId]: -100 };
    const stream = await client.chat.completions.create({
      ...QUESTION,
      max_tokens: 900,
      logit_bias,
      stream: true,
    });
    let chunks = 0;
    for await (const _ of stream) {
      chunks += 1;
      if (chunks === 10) stream.controller.abort();
    }
    // What the model tells of itself is up to half a second old.
    const after = await settled(generated, 1_500);
    await sleep(200);
    expect(generated()).toBe(after);
    expect(after - before).toBeLessThan(800);
    expect(server.backend.stats()[0]!.running).toBe(0);
    await eventually(() =>
      expect(server.observer.requests.at(-1)).toMatchObject({ aborted: true, status: 200 }),
    );
    expect(server.observer.requests.at(-1)!.completionTokens).toBeLessThan(600);
  });

  it('gets JSON that parses, whatever the model would say', async () => {
    const replies = await answers([1, 2, 3, 4, 5, 6], { type: 'json_object' });
    for (const { finish_reason, message } of replies) {
      expect(finish_reason).toBe('stop');
      const value: unknown = JSON.parse(message.content!);
      expect(value).toBeTypeOf('object');
      expect(Array.isArray(value)).toBe(false);
    }
    expect(new Set(replies.map(({ message }) => message.content)).size).toBeGreaterThan(1);
  });

  it('gets JSON of its schema', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 20 }, size: { enum: ['small', 'large'] } },
      required: ['city', 'size'],
      additionalProperties: false,
    };
    for (const { message } of await answers([1, 2, 3], {
      type: 'json_schema',
      json_schema: { name: 'place', schema },
    })) {
      expect(JSON.parse(message.content!)).toEqual({
        city: expect.any(String),
        size: expect.stringMatching(/^(small|large)$/),
      });
    }
  });

  it('gets responses: an answer of a schema, a call, and the same thought as in a chat', async () => {
    const ask = { model: 'bytes', input: 'Say something.', max_output_tokens: 200, temperature: 0 };
    const properties = { city: { type: 'string', maxLength: 20 } };
    const schema = { type: 'object', properties, required: ['city'], additionalProperties: false };
    const text = { format: { type: 'json_schema' as const, name: 'place', schema } };
    const formed = await client.responses.create({ ...ask, text });
    expect(JSON.parse(formed.output_text)).toEqual({ city: expect.any(String) });
    const tools = [{ type: 'function' as const, name: 'weather', parameters: schema, strict: true }];
    const called = await client.responses.create({ ...ask, tools, tool_choice: 'required' });
    const call = called.output.find((item) => item.type === 'function_call')!;
    expect(JSON.parse(call.arguments)).toEqual({ city: expect.any(String) });
    const chat = await client.chat.completions.create({ ...QUESTION, max_tokens: 40, temperature: 0 });
    const same = await client.responses.create({ ...ask, max_output_tokens: 40 });
    const thought = same.output.find((item) => item.type === 'reasoning')?.summary[0]?.text;
    expect(thought).toBe((chat.choices[0]!.message as { reasoning_content?: string }).reasoning_content);
  });

  it('counts the tokens of a message as its reply does', async () => {
    const post = async (route: string, more: object): Promise<{ [field: string]: unknown }> => {
      const body = JSON.stringify({
        model: 'bytes',
        messages: [{ role: 'user', content: 'x'.repeat(50) }],
        ...more,
      });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${server.url}/v1/messages${route}`, { method: 'POST', headers, body });
      return (await response.json()) as { [field: string]: unknown };
    };
    const { input_tokens } = await post('/count_tokens', {});
    const { usage, stop_reason } = await post('', { max_tokens: 3 });
    const { input_tokens: read, cache_read_input_tokens: cached } = usage as { [field: string]: number };
    expect(read! + cached!).toBe(input_tokens);
    expect(['max_tokens', 'end_turn']).toContain(stop_reason);
  });

  it('is told the numbers of a prompt that does not fit', async () => {
    const messages = [{ role: 'user' as const, content: 'x'.repeat(3000) }];
    const asked = client.chat.completions.create({ ...QUESTION, messages });
    await expect(asked).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      message: expect.stringMatching(
        /This model's maximum context length is 1024 tokens. However, .* 30\d\d tokens/,
      ),
    });
  });

  it('left no error behind', () => {
    expect(server.errors).toEqual([]);
  });
});

type Format = OpenAI.ChatCompletionCreateParams['response_format'] & object;

interface Message {
  readonly content?: string | null;
  readonly reasoning_content?: string | null;
}

/** Answers in a format, one for each seed. */
async function answers(seeds: readonly number[], response_format: Format) {
  const asked = seeds.map((seed) =>
    client.chat.completions.create({ ...QUESTION, response_format, max_tokens: 200, temperature: 1, seed }),
  );
  return (await Promise.all(asked)).map(({ choices }) => choices[0]!);
}
