import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { worldTokenizer } from '../../world/index.ts';
import {
  expectedTokens,
  hasOneLength,
  openSftData,
  reportOverlong,
  sftDataSettings,
  statedSize,
} from './sft-data.ts';

const schema = z.strictObject(sftDataSettings);
const data = [{ source: 'general' as const, count: 50 }];

async function open(settings: Partial<z.input<typeof schema>>) {
  const config = schema.parse({ template: 'plain', data, ...settings });
  const context = { seed: 0, resolve: (path: string) => path, tokenizer: worldTokenizer(), device: 'cpu' };
  return { config, opened: await openSftData(config, { ...context, maxPositions: 128 }) };
}

describe('openSftData', () => {
  it('counts the steps of whole and broken epochs', async () => {
    expect((await open({ epochs: 2, batchSize: 30 })).opened.steps).toBe(4);
    expect((await open({ epochs: 0.5, batchSize: 30 })).opened.steps).toBe(1);
    expect((await open({ steps: 7 })).opened.steps).toBe(7);
  });

  it('starts at the first example, whatever it looked at to count', async () => {
    const { opened } = await open({ epochs: 1, packing: { rowLength: 64, rowsPerStep: 2 } });
    expect(opened.batches.examples()).toBe(0);
    let steps = 0;
    while (opened.batches.next().length > 0) steps += 1;
    expect(steps).toBe(opened.steps);
    expect(opened.batches.examples()).toBe(50);
  });
});

describe('expectedTokens', () => {
  it('is examples times their length, or places of rows', async () => {
    const byEpochs = await open({ epochs: 3 });
    expect(expectedTokens(byEpochs.config, byEpochs.opened)).toBe(
      Math.round(3 * 50 * byEpochs.opened.meanLength),
    );
    const bySteps = await open({ steps: 4, batchSize: 10 });
    expect(expectedTokens(bySteps.config, bySteps.opened)).toBe(Math.round(40 * bySteps.opened.meanLength));
    const packed = await open({ steps: 4, packing: { rowLength: 64, rowsPerStep: 3 } });
    expect(expectedTokens(packed.config, packed.opened)).toBe(4 * 3 * 64);
  });
});

describe('hasOneLength', () => {
  it('wants epochs or steps', () => {
    const cases = [{}, { epochs: 1 }, { steps: 1 }, { epochs: 1, steps: 1 }];
    expect(cases.map((one) => hasOneLength({ epochs: undefined, steps: undefined, ...one }))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('statedSize', () => {
  const sizes = { 'a.jsonl': { examples: 10, tokens: 3 }, 'b.jsonl': { examples: 4, tokens: 5 } };
  const assumed = {
    model: () => undefined,
    data: (path: string) => sizes[path as keyof typeof sizes] as (typeof sizes)['a.jsonl'] | undefined,
  };
  const file = (path: string, count?: number) => ({ source: 'jsonl', path, count });

  it('adds up what the recipe states, a count of an entry in place of all', () => {
    expect(statedSize({ data: [file('a.jsonl'), file('b.jsonl')], epochs: 2 }, assumed)).toEqual({
      examples: 2 * 14,
      tokens: 2 * (30 + 20),
    });
    expect(statedSize({ data: [file('a.jsonl', 7)], epochs: 1 }, assumed)).toEqual({
      examples: 7,
      tokens: 21,
    });
  });

  it('is not known where an entry, the epochs or all is not stated', () => {
    expect(statedSize({ data: [file('a.jsonl'), file('c.jsonl')], epochs: 1 }, assumed)).toBeUndefined();
    expect(statedSize({ data: [{ source: 'general' }], epochs: 1 }, assumed)).toBeUndefined();
    expect(statedSize({ data: [file('a.jsonl')] }, assumed)).toBeUndefined();
    expect(statedSize({ data: [file('a.jsonl')], epochs: 1 }, undefined)).toBeUndefined();
  });
});

describe('reportOverlong', () => {
  async function said(maxLength: number, overlong: 'drop' | 'truncate') {
    const lines: string[] = [];
    const watcher = {
      note: (text: string) => void lines.push(`note ${text}`),
      warn: (_id: string, text: string) => void lines.push(`warn ${text}`),
      step: () => {},
    };
    const { opened } = await open({ epochs: 1, maxLength, overlong });
    reportOverlong(opened.encoder, watcher);
    return lines.join();
  }

  it('says nothing where all fits, and warns where many do not', async () => {
    expect(await said(128, 'drop')).toBe('');
    expect(await said(14, 'drop')).toMatch(
      /^warn \d+ of 50 examples are longer than 14 tokens: \d+ left out, 0 cut/,
    );
    expect(await said(14, 'truncate')).toMatch(/: 0 left out, \d+ cut/);
  });
});
