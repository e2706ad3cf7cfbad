import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { costOf, PRICES, readPrices } from './prices.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-prices-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('costOf', () => {
  it('charges a million tokens of each kind as the table says', () => {
    const usage = {
      promptTokens: 1e6,
      cachedTokens: 0,
      completionTokens: 1e6,
      reasoningTokens: null,
      estimated: false,
    };
    expect(costOf(usage, PRICES['deepseek-reasoner']!)).toBeCloseTo(0.55 + 2.19, 10);
    expect(costOf({ ...usage, cachedTokens: 1e6 }, PRICES['deepseek-reasoner']!)).toBeCloseTo(
      0.14 + 2.19,
      10,
    );
    expect(costOf({ ...usage, cachedTokens: 1e6 }, { input: 1, output: 0 })).toBe(1);
  });
});

describe('readPrices', () => {
  const file = (text: string) => {
    const at = path.join(root, 'prices.json');
    writeFileSync(at, text);
    return at;
  };

  it('lays a file over the table', () => {
    const prices = readPrices(file('{"mine": {"input": 0, "output": 0.1}}'));
    expect(prices.mine).toEqual({ input: 0, output: 0.1 });
    expect(prices['deepseek-reasoner']).toEqual(PRICES['deepseek-reasoner']);
  });

  it.each(['[', '{"mine": {"input": -1, "output": 1}}', '{"mine": {"in": 1}}'])('refuses %s', (text) => {
    expect(() => readPrices(file(text))).toThrow(/not a table of prices/);
  });
});
