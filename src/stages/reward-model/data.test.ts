import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { worldTokenizer } from '../../world/index.ts';
import { openJudged, rewardModelDataSettings, sourceProblems } from './data.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-reward-data-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const schema = z.strictObject(rewardModelDataSettings);
const tokenizer = worldTokenizer();
const context = { seed: 4, resolve: (name: string) => name, tokenizer, maxPositions: 128 };
const base = { kind: 'pairwise', reads: 'answer', template: 'plain' };

const open = (config: object) => openJudged(schema.parse({ ...base, ...config }), context);

function file(lines: readonly object[]): object[] {
  const place = path.join(root, 'pairs.jsonl');
  writeFileSync(place, lines.map((line) => JSON.stringify(line)).join('\n'));
  return [{ source: 'jsonl', path: place }];
}

const textOf = (tokens: Int32Array) => tokenizer.decode(tokens, { skipSpecial: true });
const promptOf = (tokens: Int32Array) => textOf(tokens).split(' Assistant:')[0]!;

describe('openJudged', () => {
  it('holds out judgements with all others of their prompts', async () => {
    const { train, heldOut, size } = await open({
      data: [{ source: 'world-pairs', count: 600 }],
      heldOut: 0.2,
    });
    expect(size + heldOut.length).toBe(600);
    expect(heldOut.length).toBeGreaterThanOrEqual(120);
    expect(heldOut.length).toBeLessThan(160);
    const asked = new Set(train.next(size).map(({ sequences }) => promptOf(sequences[0]!)));
    expect(heldOut.filter(({ sequences }) => asked.has(promptOf(sequences[0]!)))).toEqual([]);
    const fifty = await open({ data: [{ source: 'world-pairs', count: 600 }], heldOut: 50 });
    expect(fifty.heldOut.length).toBeLessThan(80);
    const none = await open({ data: [{ source: 'world-pairs', count: 60 }], heldOut: 0 });
    expect(none.heldOut).toEqual([]);
  });

  it('reads answers alone where that is asked for', async () => {
    const data = file([
      { prompt: 'tell : red', chosen: '<think> red </think> <answer> warm </answer>', rejected: 'cold' },
    ]);
    const [item] = (await open({ data, heldOut: 0 })).train.next(1);
    expect(item!.sequences.map(textOf)).toEqual([
      'User: tell : red Assistant: warm',
      'User: tell : red Assistant: cold',
    ]);
    const [whole] = (await open({ data, heldOut: 0, reads: 'response' })).train.next(1);
    expect(textOf(whole!.sequences[0]!)).toContain('<think> red </think>');
  });

  it('leaves out and counts what cannot be read, says the same, or is too long', async () => {
    const data = file([
      { prompt: 'tell : red', chosen: 'red is warm .', rejected: 'red .' },
      { prompt: 'tell : red', chosen: '<think> red', rejected: 'red .' },
      { prompt: 'tell : red', chosen: '<think> red </think> red .', rejected: '<think> </think> red .' },
      { prompt: 'tell : red', chosen: `red ${'red '.repeat(20)}.`, rejected: 'red .' },
    ]);
    const { size, leftOut } = await open({ data, heldOut: 0, maxLength: 20 });
    expect(size).toBe(1);
    expect(leftOut).toEqual({ overlong: 1, unreadable: 2, unbalanced: 0 });
  });

  it('balances lengths by leaving out pairs of the longer side', async () => {
    const data = [{ source: 'world-pairs', count: 500 }];
    const whole = await open({ data });
    const even = await open({ data, balanceLengths: true });
    const gap = ({ meanLengths }: typeof whole) => Math.abs(meanLengths[0]! - meanLengths[1]!);
    expect(gap(whole)).toBeGreaterThan(0.5);
    expect(gap(even)).toBeLessThan(0.05);
    expect(even.leftOut.unbalanced).toBe(500 - even.size - even.heldOut.length);
    expect(even.leftOut.unbalanced).toBeGreaterThan(0);
  });

  it('refuses to hold out more than leaves something to train on', async () => {
    const data = file([{ prompt: 'tell : red', chosen: 'red is warm .', rejected: 'red .' }]);
    await expect(open({ data })).resolves.toMatchObject({ size: 1 });
    await expect(open({ data, heldOut: 0.5 })).rejects.toThrow(
      /of 1 judgements of 1 prompts, 1 cannot be held out/,
    );
    await expect(open({ data, heldOut: 7 })).rejects.toThrow(/7 cannot be held out/);
  });

  it('knows which sources hold judgements of a kind', () => {
    const problems = (kind: 'pairwise' | 'pointwise', source: 'world-pairs' | 'world-safety') =>
      sourceProblems({ kind, data: schema.shape.data.parse([{ source, count: 1 }]) });
    expect(problems('pairwise', 'world-pairs')).toEqual([]);
    expect(problems('pointwise', 'world-safety')).toEqual([]);
    expect(problems('pairwise', 'world-safety')[0]!.message).toMatch(
      /"world-safety" holds no judgements .* "pairwise"/,
    );
    expect(problems('pointwise', 'world-pairs')[0]!.path).toEqual(['data', 0, 'source']);
  });
});
