/** This project's own client: what evaluation, judge and cold start sample from a server with. */
import { describe, expect, it } from 'vitest';
import { createEndpoint, type EndpointOptions } from '../../src/remote/index.ts';
import {
  ANSWER,
  BUSY_ONCE,
  endless,
  KEY,
  REASONING,
  REFUSALS,
  type Served,
  saying,
  serve,
  untilBegun,
  untilStopped,
} from './support.ts';

const STREAM = [true, false];
const MESSAGES = [{ role: 'user' as const, content: '2 + 2?' }];

function endpoint(server: Served, more: Partial<EndpointOptions> = {}, key = KEY) {
  return createEndpoint({
    baseUrl: `${server.url}/v1`,
    model: 'r1-tiny',
    apiKeyEnv: 'AHA_TEST_KEY',
    env: { AHA_TEST_KEY: key },
    retries: 0,
    ...more,
  });
}

describe.each(STREAM)('createEndpoint with stream: %s', (stream) => {
  it.each(['r1', 'r1-0528', 'thinking', 'open'] as const)(
    'reads thought, answer and usage in %s',
    async (era) => {
      await using server = await serve(undefined, { era });
      const reply = await endpoint(server, { stream }).chat({ messages: MESSAGES, maxTokens: 50, seed: 7 });
      expect(reply).toMatchObject({
        reasoning: REASONING,
        content: ANSWER,
        finish: 'stop',
        usage: {
          promptTokens: 10,
          cachedTokens: 4,
          completionTokens: 6,
          reasoningTokens: 3,
          estimated: false,
        },
      });
      expect(server.request(0).sampling.seed).toBe(7);
    },
  );

  it('ends what it aborts', async () => {
    await using server = await serve([endless]);
    const abort = new AbortController();
    const reply = endpoint(server, { stream }).chat({ messages: MESSAGES, signal: abort.signal });
    const thrown = reply.catch((error: unknown) => error);
    await untilBegun(server);
    abort.abort();
    expect(await thrown).toMatchObject({ name: 'AbortError' });
    await untilStopped(server);
  });

  it.each(REFUSALS)('tells $what', async ({ key, content, model, status, says }) => {
    await using server = await serve();
    const asked = endpoint(server, { stream, model }, key).chat({ messages: [{ role: 'user', content }] });
    await expect(asked).rejects.toMatchObject({
      name: 'EndpointError',
      status,
      kind: status === 429 ? 'busy' : 'refused',
      retryAfterMs: status === 429 ? 7000 : null,
      message: expect.stringContaining(says),
    });
  });

  it('comes back after the seconds it was told', async () => {
    await using server = await serve(BUSY_ONCE);
    const begun = performance.now();
    const reply = await endpoint(server, { stream, retries: 2, backoffMs: 1 }).chat({ messages: MESSAGES });
    expect(reply.content).toBe(ANSWER);
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  it('asks for JSON', async () => {
    await using server = await serve([saying('{"sum"', ': 4}')]);
    const responseFormat = { type: 'json_object' };
    const reply = await endpoint(server, { stream }).chat({ messages: MESSAGES, responseFormat });
    expect(JSON.parse(reply.content!)).toEqual({ sum: 4 });
    expect(server.request(0).format).toEqual({ type: 'json_object' });
  });
});

it('asks again when a reply breaks off', async () => {
  await using server = await serve();
  const asked = endpoint(server, { retries: 1, backoffMs: 1 }).chat({
    messages: [{ role: 'user', content: 'broken' }],
  });
  await expect(asked).rejects.toMatchObject({ name: 'EndpointError' });
  expect(server.backend.requests).toHaveLength(2);
});
