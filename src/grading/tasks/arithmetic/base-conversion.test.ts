import { describe, expect, it } from 'vitest';
import { baseConversion } from './base-conversion.ts';

describe('base-conversion', () => {
  it('converts 2f (base 16) = 47 to 101111 (base 2)', () => {
    const problem = { text: '', answer: '101111', meta: { number: '2f', from: 16, to: 2 } };
    expect(baseConversion.solve(problem)).toEqual(['101111']);
    expect(baseConversion.score('0b101111', problem)).toBe(1);
    expect(baseConversion.score('0x101111', problem)).toBe(0);
  });

  it('takes upper case, and does not take the leading digits of base 16 for a prefix', () => {
    const problem = { text: '', answer: 'b1', meta: { number: '177', from: 10, to: 16 } };
    expect(baseConversion.score('B1', problem)).toBe(1);
    expect(baseConversion.score('0xB1', problem)).toBe(1);
    expect(baseConversion.score('0b1', problem)).toBe(0);
  });
});
