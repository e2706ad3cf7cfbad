import { describe, expect, it } from 'vitest';
import { splitOf } from '../../data/split.ts';
import { chainHeldOut, chainPrompt, chainPrompts, chainSchema } from './prompts.ts';

const config = chainSchema.parse({});
const problem = {
  start: 35,
  steps: [
    { operator: '-', operand: 10 },
    { operator: '*', operand: 3 },
  ],
} as const;
const expressionOf = (text: string) => text.replace(/^(what is|求) /u, '').replace(/ \?$/u, '');

describe('chain prompts', () => {
  it('ask in either language', () => {
    expect(chainPrompt(problem, 'en')).toEqual({
      id: 'chain/en/35-10*3',
      task: 'chain',
      text: 'what is 35 - 10 * 3 ?',
      answer: '75',
      language: 'en',
      meta: { n: 3 },
    });
    expect(chainPrompt(problem, 'zh').text).toBe('求 35 - 10 * 3 ?');
  });

  it('come from the training side, n uniform, languages even', () => {
    const prompts = chainPrompts({ ...config, seed: 1, split: 'train' }).next(5_000);
    const lengths = new Map<unknown, number>();
    for (const { text, meta } of prompts) {
      expect(splitOf(expressionOf(text))).toBe('train');
      lengths.set(meta!.n, (lengths.get(meta!.n) ?? 0) + 1);
    }
    expect(new Set(lengths.keys())).toEqual(new Set([3, 4, 5, 6, 7]));
    for (const count of lengths.values()) expect(count / 5_000).toBeCloseTo(0.2, 1.5);
    expect(prompts.filter(({ language }) => language === 'zh').length / 5_000).toBeCloseTo(0.5, 1.5);
  });

  it('are the same for the same seed however they are fetched, and others for another', () => {
    const open = (seed: number) => chainPrompts({ ...config, seed, split: 'train' });
    const whole = open(1).next(20);
    const source = open(1);
    const first = source.next(7);
    const resumed = open(1);
    resumed.seek(JSON.parse(JSON.stringify(source.cursor())));
    expect([...first, ...resumed.next(13)]).toEqual(whole);
    expect(open(2).next(20)).not.toEqual(whole);
  });

  it.each([{ minNumbers: 1 }, { maxNumbers: 10 }, { minNumbers: 5, maxNumbers: 4 }, { numbers: 3 }])(
    'refuse the settings %j',
    (settings) => {
      expect(chainSchema.safeParse(settings).success).toBe(false);
    },
  );
});

describe('held-out chains', () => {
  const set = chainHeldOut({ ...config, seed: 1 }).take(512);

  it('are held out, distinct, and right', () => {
    const written = set.map(({ text }) => expressionOf(text));
    expect(new Set(written).size).toBe(512);
    expect(new Set(written.map(splitOf))).toEqual(new Set(['heldout']));
    for (const [i, prompt] of set.entries()) {
      // Left to right by hand: every operator wrapped around what stands before it.
      const tokens = written[i]!.split(' ');
      let value = Number(tokens[0]);
      for (let k = 1; k < tokens.length; k += 2) {
        const operand = Number(tokens[k + 1]);
        value = tokens[k] === '+' ? value + operand : tokens[k] === '-' ? value - operand : value * operand;
      }
      expect(prompt.answer).toBe(String(value));
    }
  });

  it('balance n and language to within one of each', () => {
    const cells = new Map<string, number>();
    for (const { language, meta } of set) {
      const cell = `${language} ${meta!.n as number}`;
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
    }
    expect(cells.size).toBe(10);
    expect(Math.max(...cells.values()) - Math.min(...cells.values())).toBeLessThanOrEqual(1);
  });

  it('are fixed by seed; a larger set extends a smaller one', () => {
    expect(
      chainHeldOut({ ...config, seed: 1 })
        .take(600)
        .slice(0, 512),
    ).toEqual(set);
    expect(chainHeldOut({ ...config, seed: 2 }).take(512)).not.toEqual(set);
  });

  it('say so when there are not enough of them', () => {
    const two = chainHeldOut({ minNumbers: 2, maxNumbers: 2, seed: 1 });
    expect(() => two.take(5_000)).toThrow(/fewer held-out problems with 2 numbers/);
  });
});
