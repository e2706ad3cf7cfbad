import { describe, expect, it } from 'vitest';
import { GenerationError, RECOMMENDED } from '../backend.ts';
import { readReply } from './reply.ts';
import { requestOf } from './settings.ts';
import { delta, type Script, SETTINGS, scriptedBackend, words } from './testing.ts';

/** Reads a reply on a clock that goes on by a second each time it is looked at. */
async function read(script: Script, signal = new AbortController().signal) {
  let now = 0;
  const shown: string[] = [];
  const result = await readReply({
    backend: scriptedBackend(script).backend,
    model: 'tiny',
    request: requestOf(SETTINGS, [], { attempt: 0, thinking: null, own: RECOMMENDED }),
    signal,
    onDelta: ({ reasoning, content }, { completionTokens }) =>
      shown.push(`${reasoning}|${content}|${completionTokens}`),
    clock: () => now++,
  });
  return { ...result, shown };
}

describe('readReply', () => {
  it('tells thought from answer and counts as it goes', async () => {
    const { reply, shown, error } = await read(() => words('hm two', 'It is four.'));
    expect(reply).toMatchObject({
      reasoning: 'hm two',
      content: 'It is four.',
      end: 'stop',
      promptTokens: 7,
      cachedTokens: 2,
      reasoningTokens: 2,
      completionTokens: 6,
    });
    expect(reply.thoughtSeconds).toBeGreaterThan(0);
    expect(reply.seconds).toBeGreaterThan(reply.thoughtSeconds!);
    expect(shown).toEqual(['hm||1', ' two||2', '|It|3', '| is|4', '| four.|5']);
    expect(error).toBeNull();
  });

  it('has no time of a thought without one', async () => {
    expect((await read(() => words('', 'Four.'))).reply.thoughtSeconds).toBeNull();
  });

  it('keeps a reply that was stopped as far as it came', async () => {
    const stop = new AbortController();
    const { reply, error } = await read(async function* () {
      yield delta({ content: 'It is' });
      stop.abort();
      await new Promise(() => {});
    }, stop.signal);
    expect(reply).toMatchObject({ content: 'It is', end: 'stopped', completionTokens: 1 });
    expect(error).toBeNull();
  });

  it('returns a reply that breaks off with the error, and throws where there is none', async () => {
    const lost = new GenerationError('interrupted', 'The model ended.');
    const { reply, error } = await read(async function* () {
      yield delta({ reasoning: 'hm' });
      throw lost;
    });
    expect(reply).toMatchObject({ reasoning: 'hm', end: 'error' });
    expect(error).toBe(lost);
    await expect(read(() => lost)).rejects.toBe(lost);
  });

  it('passes defects on', async () => {
    const defect = new TypeError('x is not a function');
    await expect(
      read(async function* () {
        yield delta({ content: 'a' });
        throw defect;
      }),
    ).rejects.toBe(defect);
  });
});
