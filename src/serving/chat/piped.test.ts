import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Backend, GenerationError } from '../backend.ts';
import { chatPainter } from './palette.ts';
import { type AnswerOptions, answerOnce, readMessage } from './piped.ts';
import { delta, scriptedBackend, words } from './testing.ts';

describe('readMessage', () => {
  const read = (...chunks: (string | Buffer)[]) => readMessage(Readable.from(chunks));

  it('takes all of it, without the last line breaks', async () => {
    expect(await read('two\n', 'lines\r\n\n')).toBe('two\nlines');
    expect(await read('\ufeff  spaces stay ')).toBe('  spaces stay ');
    const bytes = Buffer.from('想');
    expect(await read(bytes.subarray(0, 1), bytes.subarray(1))).toBe('想');
  });

  it.each(['', '\n', ' \t\n'])('%j is no message', async (text) => {
    await expect(read(text)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('stdin'),
    });
  });
});

describe('answerOnce', () => {
  async function answer(backend: Backend, changes: Partial<AnswerOptions> = {}) {
    const texts = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof texts) => ({
      write(text: string): void {
        texts[name] += text;
      },
    });
    const plain = chatPainter(false);
    const done = answerOnce('2 + 2?', {
      backend,
      streams: { stdout: stream('stdout'), stderr: stream('stderr') },
      settings: {
        temperature: 0,
        topP: 1,
        topK: 0,
        maxTokens: null,
        thinkingBudget: null,
        seed: 1,
        system: null,
      },
      thinking: null,
      folded: false,
      json: false,
      paint: { stdout: plain, stderr: plain },
      signal: new AbortController().signal,
      ...changes,
    });
    const error = await done.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { ...texts, error };
  }

  it('parts the answer from the thought', async () => {
    const { backend, requests } = scriptedBackend(() => words('\nhm two\n', '\n\n**Four**.\n'));
    const { stdout, stderr } = await answer(backend);
    expect(stdout).toBe('**Four**.\n');
    expect(stderr).toBe('hm two\n');
    expect(requests[0]!.prompt).toMatchObject({ messages: [{ role: 'user', content: '2 + 2?' }] });
  });

  it('writes nothing of the thought when folded', async () => {
    const { backend } = scriptedBackend(() => words('hm', 'Four.'));
    expect(await answer(backend, { folded: true })).toMatchObject({ stdout: 'Four.\n', stderr: '' });
  });

  it('names each of several models', async () => {
    const { backend } = scriptedBackend((_, model) => words('', `I am ${model}.`), ['a', 'b']);
    expect((await answer(backend)).stdout).toBe('a:\nI am a.\nb:\nI am b.\n');
  });

  it('prints a line of JSON for each', async () => {
    const { backend } = scriptedBackend((_, model) => words('hm\u001b[2J', `${model}\u009b`), ['a', 'b']);
    const { stdout, stderr } = await answer(backend, { json: true });
    for (const control of ['\u001b', '\u009b']) expect(stdout).not.toContain(control);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { model: 'a', reasoning_content: 'hm\u001b[2J', content: 'a\u009b', finish_reason: 'stop' },
      { model: 'b', usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } },
    ]);
    expect(stderr).toBe('');
  });

  it('lets no control sequence through, also one that comes in parts', async () => {
    const { backend } = scriptedBackend(async function* () {
      yield delta({ reasoning: '\u001b' });
      yield delta({ reasoning: ']0;x\u0007' });
      yield delta({ content: 'a\u001b' });
      yield delta({ content: '[2Jb\tc' });
    });
    expect(await answer(backend)).toMatchObject({ stdout: 'a[2Jb\tc\n', stderr: ']0;x\n' });
  });

  it('says that a reply was cut', async () => {
    const { backend } = scriptedBackend(async function* () {
      yield delta({ content: 'Fo' });
      yield {
        type: 'finish',
        index: 0,
        reason: 'length',
        reasoningTokens: 0,
        completionTokens: 1,
        thought: false,
      };
    });
    expect(await answer(backend)).toMatchObject({
      stdout: 'Fo\n',
      stderr: '(cut at the limit after 1 token)\n',
    });
  });

  it('fails where a model fails, and keeps what it had said', async () => {
    const lost = new GenerationError('interrupted', 'The model ended.');
    const { backend } = scriptedBackend(async function* () {
      yield delta({ content: 'Fo' });
      throw lost;
    });
    expect(await answer(backend)).toMatchObject({
      stdout: 'Fo\n',
      error: { message: 'tiny: the reply broke off\n  The model ended.', exitCode: 1 },
    });
    const none = scriptedBackend(() => lost);
    expect((await answer(none.backend)).error).toMatchObject({
      message: 'tiny: no reply\n  The model ended.',
    });
  });

  it('ends with the signal', async () => {
    const { backend, requests } = scriptedBackend(() => words('', 'x'));
    const { error } = await answer(backend, { signal: AbortSignal.abort(new Error('enough')) });
    expect(error).toMatchObject({ message: 'enough' });
    expect(requests).toEqual([]);
  });
});
