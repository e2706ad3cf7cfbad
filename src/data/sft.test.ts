import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenSequence } from '../text/index.ts';
import { worldTokenizer } from '../world/index.ts';
import { openSequences, sftDataSchema } from './sft.ts';
import { ExampleEncoder } from './sft-encode.ts';

const tokenizer = worldTokenizer();
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-sft-data-'));
  const lines = Array.from({ length: 6 }, (_, i) => JSON.stringify({ prompt: `${i}`, response: `${i}` }));
  writeFileSync(join(dir, 'six.jsonl'), lines.join('\n'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function open(entries: object[], options: { seed?: number; maxLength?: number } = {}) {
  const { seed = 1, maxLength = 200 } = options;
  const encoder = new ExampleEncoder({ tokenizer, template: 'plain', maxLength, overlong: 'drop' });
  const resolve = (path: string) => join(dir, path);
  return openSequences(sftDataSchema.parse(entries), { seed, resolve, encoder });
}

const text = ({ tokens }: TokenSequence) => tokenizer.decode(tokens);
const six = { source: 'jsonl', path: 'six.jsonl' };

describe('openSequences', () => {
  it('shows each example of finite sources once an epoch, in an order of its own', async () => {
    const stream = await open([six, { source: 'cold-start', count: 5 }, { source: 'general', count: 4 }]);
    expect(stream.size).toBe(15);
    const [first, second] = [stream.next(15).map(text), stream.next(15).map(text)];
    expect(first).not.toEqual(second);
    expect([...first].sort()).toEqual([...second].sort());
    expect(first.filter((one) => /^User: \d Assistant: \d <eos>$/.test(one))).toHaveLength(6);
    expect(first.filter((one) => one.includes('<think> </think>'))).toHaveLength(4);
  });

  it('takes a random part of a file, the same for a seed', async () => {
    const part = async (seed: number) => {
      const stream = await open([{ ...six, count: 3 }], { seed });
      return stream.next(3).map(text).sort();
    };
    const first = await part(1);
    expect(new Set(first).size).toBe(3);
    expect(await part(1)).toEqual(first);
    expect([await part(2), await part(3), await part(4)]).not.toEqual([first, first, first]);
  });

  it('draws by weight, finite sources over and over', async () => {
    const stream = await open([
      { ...six, weight: 3 },
      { source: 'cold-start', count: 2 },
    ]);
    expect(stream.size).toBe(8);
    const drawn = stream.next(40).map(text);
    const short = drawn.filter((one) => /^User: \d Assistant/.test(one));
    expect(short).toHaveLength(30);
    expect(new Set(short).size).toBe(6);
  });

  it('has no size where something is generated without end, and different entries differ', async () => {
    const stream = await open([{ source: 'cold-start' }, { source: 'cold-start', slipRate: 0 }]);
    expect(stream.size).toBeNull();
    const texts = stream.next(50).map(text);
    expect(new Set(texts).size).toBeGreaterThan(45);
  });

  it.each([
    [[six, { source: 'general', count: 3 }]],
    [[{ source: 'cold-start' }]],
    [
      [
        { ...six, weight: 2 },
        { source: 'general', weight: 1 },
      ],
    ],
  ])('resumes through JSON: %j', async (entries) => {
    const whole = await open(entries);
    whole.next(13);
    const resumed = await open(entries);
    resumed.seek(JSON.parse(JSON.stringify(whole.cursor())));
    expect(resumed.next(20)).toEqual(whole.next(20));
  });

  it('passes over what is too long where it is generated', async () => {
    const stream = await open([{ source: 'cold-start' }], { maxLength: 40 });
    const lengths = stream.next(30).map(({ tokens }) => tokens.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(40);
  });

  it('refuses more than there is, and what can never fit', async () => {
    await expect(open([{ ...six, count: 7 }])).rejects.toThrow(
      /count: 7 examples asked for, but .*six\.jsonl has 6/,
    );
    await expect(open([six], { maxLength: 2 })).rejects.toThrow(/none of the 6 examples fits 2 tokens/);
    const endless = await open([{ source: 'cold-start' }], { maxLength: 5 });
    expect(() => endless.next(1)).toThrow(/all longer than 5 tokens/);
  });

  it.each([[[]], [[{ source: 'chain' }]], [[{ source: 'jsonl' }]], [[{ ...six, wieght: 2 }]]])(
    'refuses the configuration %j',
    (entries) => {
      expect(sftDataSchema.safeParse(entries).success).toBe(false);
    },
  );
});
