import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fakeJudge } from './testing.ts';
import { askJson, lastObject } from './verdict.ts';

describe('lastObject', () => {
  it.each([
    ['{"verdict": "right"}', { verdict: 'right' }],
    ['I think so.\n```json\n{"verdict": "right"}\n```', { verdict: 'right' }],
    ['{"verdict": "wrong"} no, wait: {"verdict": "right"}', { verdict: 'right' }],
    ['{"a": {"verdict": "wrong"}, "verdict": "right"}', { a: { verdict: 'wrong' }, verdict: 'right' }],
    [
      'the set {x} is {"reason": "has } and \\" in it", "verdict": "right"} .',
      { reason: 'has } and " in it', verdict: 'right' },
    ],
    ['{"verdict": "right"', undefined],
    ['{verdict: right}', undefined],
    ['', undefined],
    ['}{', undefined],
    ['null', undefined],
  ])('%j', (text, object) => {
    expect(lastObject(text)).toEqual(object);
  });

  it('is fast on braces that are never closed', () => {
    const start = performance.now();
    expect(lastObject('{'.repeat(200_000))).toBeUndefined();
    expect(lastObject('{"'.repeat(200_000))).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

const schema = z.object({ verdict: z.enum(['right', 'wrong']) });
const messages = [{ role: 'user' as const, content: 'is it?' }];
const options = { maxTokens: 10, temperature: 0, attempts: 3, seed: 2 ** 31 - 1 };

describe('askJson', () => {
  it('asks again, showing the bad reply, until it can read one', async () => {
    const replies = ['It is right.', '{"verdict": "maybe"}', '{"verdict": "wrong"}'];
    await using judge = await fakeJudge((_, number) => replies[number]!);
    expect(await askJson(judge.endpoint, messages, schema, options)).toEqual({ verdict: 'wrong' });
    const [first, second, third] = judge.asked();
    expect(first!.messages).toHaveLength(1);
    expect(second!.messages[1]).toEqual({ role: 'assistant', content: 'It is right.' });
    expect(third!.messages).toHaveLength(3);
    expect(third!.messages[1]!.content).toBe('{"verdict": "maybe"}');
    expect([first, second, third].map((asked) => asked!.seed)).toEqual([2 ** 31 - 1, 0, 1]);
  });

  it('gives up after so many attempts, and shows no empty message', async () => {
    await using judge = await fakeJudge(() => null);
    expect(await askJson(judge.endpoint, messages, schema, options)).toBeNull();
    expect(judge.asked()).toHaveLength(3);
    expect(judge.asked()[1]!.messages[1]!.content).toBe('(nothing)');
  });

  it('throws what the endpoint refuses', async () => {
    await using judge = await fakeJudge(() => '');
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(askJson(judge.endpoint, messages, schema, { ...options, signal })).rejects.toThrow('stop');
  });
});
