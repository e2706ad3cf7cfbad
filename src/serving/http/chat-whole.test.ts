import { describe, expect, it } from 'vitest';
import { GenerationError, type GenerationEvent } from '../backend.ts';
import { chatCompletionSchema } from './response-schemas.ts';
import { FOUR, failing, finish, normalised, say, start, testApp, think } from './testing.ts';

describe('a chat completion in one piece', () => {
  it('has the captured form', async () => {
    const response = await testApp().chat();
    const text = await response.text();
    expect(normalised(text)).toBe(
      '{"id":"chatcmpl-ID","object":"chat.completion","created":0,"model":"r1-tiny","system_fingerprint":"fp_41829e9b44",' +
        '"choices":[{"index":0,"message":{"role":"assistant","content":"The answer is 4","reasoning_content":"2 + 2 = 4"},' +
        '"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":6,"total_tokens":16,' +
        '"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3},' +
        '"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6}}',
    );
    chatCompletionSchema.parse(JSON.parse(text));
  });

  it('gives each of n replies its own message', async () => {
    const events: GenerationEvent[] = [
      start(),
      think('b', 1),
      say('B', 1),
      say('A', 0),
      finish({ index: 1 }),
      finish({ index: 0, thought: false, reason: 'length' }),
    ];
    const body = chatCompletionSchema.parse(await (await testApp([events]).chat({ n: 2 })).json());
    expect(body.choices.map(({ message }) => message)).toEqual([
      { role: 'assistant', content: 'A', reasoning_content: null },
      { role: 'assistant', content: 'B', reasoning_content: 'b' },
    ]);
    expect(body.choices.map((choice) => choice.finish_reason)).toEqual(['length', 'stop']);
    expect(body.usage.completion_tokens).toBe(12);
  });

  it('tells an empty thought from none', async () => {
    const message = async (thought: boolean, more: object = {}) => {
      const events = [start(), say('4'), finish({ thought })];
      const body = chatCompletionSchema.parse(await (await testApp([events]).chat(more)).json());
      return body.choices[0]!.message;
    };
    expect((await message(true)).reasoning_content).toBe('');
    expect((await message(false)).reasoning_content).toBe(null);
    expect(await message(false, { thinking: { type: 'disabled' } })).not.toHaveProperty('reasoning_content');
  });

  it.each([
    ['context_length', 400, 'context_length_exceeded', null],
    ['invalid', 400, 'invalid_request_error', null],
    ['unknown_model', 404, 'model_not_found', null],
    ['queue_full', 429, 'queue_full', '3'],
    ['unavailable', 503, 'unavailable', '3'],
    ['interrupted', 503, 'interrupted', '3'],
    ['stalled', 408, 'stalled', '3'],
    ['internal', 500, 'internal_error', '3'],
  ] as const)('answers %s with %i', async (kind, status, code, wait) => {
    const error = new GenerationError(kind, `why: ${kind}`, wait === null ? null : 2.5);
    const test = testApp([failing(error)]);
    for (const stream of [false, true]) {
      const response = await test.chat({ stream });
      expect(response.status).toBe(status);
      expect(response.headers.get('retry-after')).toBe(wait);
      expect(await response.json()).toMatchObject({ error: { message: `why: ${kind}`, code } });
    }
    expect(test.observer.errors).toHaveLength(kind === 'internal' ? 2 : 0);
    expect(test.observer.requests).toMatchObject([{ status, aborted: false }, { status }]);
  });

  it('settles what was used with the key, also where the reply failed', async () => {
    const test = testApp([
      FOUR,
      function* () {
        yield* FOUR.slice(0, 3);
        throw new GenerationError('internal', 'no');
      },
    ]);
    await test.chat();
    await test.chat();
    expect(test.access.settled).toEqual([16, 12]);
  });
});
