import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { UserError } from '../../errors.ts';
import { loadAhead, saveAhead } from './ahead-file.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-ahead-'));

const completion = (policyVersion: number, logprobs: number[]) => ({
  ...completionOf('thé "end"\n', { prompt: { meta: { numbers: [1, 2] } } }),
  tokens: Int32Array.of(7, 8, 9),
  logprobs: Float32Array.from(logprobs),
  policyVersion,
});

it('keeps completions bit for bit', async () => {
  const waiting = [
    [completion(4, [-0.1, -1e-30, -87.3]), completion(4, [0, -1, -2])],
    [completion(5, [-3, -4, -5])],
  ];
  const name = await saveAhead(dir, 12, waiting);
  expect(name).toBe('ahead-12.jsonl');
  expect(loadAhead(dir, name!)).toEqual(waiting);
});

it.each([Uint8Array.of(0, 255, 3, 4), Uint16Array.of(0, 256, 300, 65_535)])(
  'keeps the experts of tokens as they are (%o)',
  async (experts) => {
    const recorded = { layers: [1, 2], perToken: 2, experts };
    const waiting = [[{ ...completion(4, [0, -1, -2]), experts: recorded }]];
    const name = await saveAhead(dir, 14, waiting);
    expect(loadAhead(dir, name!)).toEqual(waiting);
  },
);

it('writes nothing where nothing waits', async () => {
  const before = readdirSync(dir);
  expect(await saveAhead(dir, 13, [])).toBeNull();
  expect(readdirSync(dir)).toEqual(before);
});

it('names a file that is missing or cut', () => {
  expect(() => loadAhead(dir, 'ahead-1.jsonl')).toThrow(UserError);
  writeFileSync(path.join(dir, 'ahead-2.jsonl'), '{"index":0,"comp');
  expect(() => loadAhead(dir, 'ahead-2.jsonl')).toThrow(/ahead-2\.jsonl.* is missing or damaged/);
});
