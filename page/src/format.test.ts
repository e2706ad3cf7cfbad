import { describe, expect, it } from 'vitest';
import { duration, magnitude, rate, tokens } from './format.ts';

describe('numbers for people', () => {
  it.each([
    [0, '0.0 s'],
    [3240, '3.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  it('counts tokens, rates and parameters', () => {
    expect([tokens(0), tokens(1), tokens(1234)]).toEqual(['0 tokens', '1 token', '1,234 tokens']);
    expect([rate(3.14), rate(24.4), rate(1500)]).toEqual(['3.1 tok/s', '24 tok/s', '1,500 tok/s']);
    expect([magnitude(820_000), magnitude(1_540_000_000)]).toEqual(['820K', '1.54B']);
  });
});
