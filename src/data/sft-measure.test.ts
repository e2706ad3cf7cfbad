import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { worldTokenizer } from '../world/world-tokenizer.ts';
import { openSequences, sftDataSchema } from './sft.ts';
import { ExampleEncoder } from './sft-encode.ts';
import { measureExamples } from './sft-measure.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-sft-measure-'));
afterAll(() => rmSync(dir, { recursive: true }));
const write = (name: string, words: readonly number[]) =>
  writeFileSync(
    join(dir, name),
    words.map((count) => JSON.stringify({ prompt: 'red', response: 'red '.repeat(count) })).join('\n'),
  );
write('short.jsonl', [1, 1, 1, 1]);
write('long.jsonl', [7, 9]);

/** `User: red Assistant:` and the end token. */
const AROUND = 4;
const short = { source: 'file', path: 'short.jsonl' };
const long = { source: 'file', path: 'long.jsonl' };
const resolve = (path: string) => {
  if (path.startsWith('@')) throw new Error(`${path} is not made yet`);
  return join(dir, path);
};

function options(maxLength = 100) {
  const encoder = new ExampleEncoder({
    tokenizer: worldTokenizer(),
    template: 'plain',
    maxLength,
    overlong: 'drop',
  });
  return { seed: 0, resolve, encoder };
}
const measured = (entries: object[], maxLength?: number) =>
  measureExamples(sftDataSchema.parse(entries), options(maxLength));

describe('measureExamples', () => {
  it('gives the size and mean length of one set', async () => {
    const entries = sftDataSchema.parse([short, long]);
    const whole = await openSequences(entries, options());
    const lengths = whole.next(6).map(({ tokens }) => tokens.length);
    const { size, meanLength } = await measureExamples(entries, options());
    expect(size).toBe(whole.size);
    expect(meanLength).toBeCloseTo(lengths.reduce((sum, length) => sum + length, 0) / 6, 10);
    expect(meanLength).toBeCloseTo(AROUND + (4 * 1 + 7 + 9) / 6, 10);
  });

  it('weighs entries as they are drawn', async () => {
    expect(await measured([{ ...short, weight: 3 }, long])).toEqual({
      size: 6,
      meanLength: AROUND + (3 * 1 + 8) / 4,
    });
    expect(await measured([{ ...short, count: 2 }, long])).toEqual({
      size: 4,
      meanLength: AROUND + (2 * 1 + 2 * 8) / 4,
    });
    const endless = await measured([short, { source: 'general' }]);
    expect(endless.size).toBeNull();
  });

  it('leaves out what is too long, and refuses an entry of nothing else', async () => {
    expect((await measured([long], AROUND + 7)).size).toBe(1);
    await expect(measured([long], AROUND + 1)).rejects.toThrow(/long\.jsonl: none of the 2 examples fits/);
  });

  it('goes through the files that are there before it tells of one that is not', async () => {
    writeFileSync(join(dir, 'bad.jsonl'), '{"prompt": "red"}');
    const missing = { source: 'file', path: '@x/data.jsonl' };
    await expect(measured([missing, { source: 'file', path: 'bad.jsonl' }])).rejects.toThrow(
      /bad\.jsonl:1: /,
    );
    await expect(measured([missing, short])).rejects.toThrow('@x/data.jsonl is not made yet');
  });
});
