import { describe, expect, it } from 'vitest';
import { unitConversion } from './unit-conversion.ts';

const text = 'Given that 1 zort = 5 quam, 1 blick = 3 zort: …';

describe('unit-conversion', () => {
  it('goes down and up the chain: 2 blick = 30 quam, 20 quam = 4/3 blick', () => {
    const down = { from: 'blick', to: 'quam', amount: 2 };
    const up = { from: 'quam', to: 'blick', amount: 20 };
    expect(unitConversion.solve({ text, answer: '', meta: down })).toEqual(['30']);
    expect(unitConversion.solve({ text, answer: '', meta: up })).toEqual(['4/3']);
    expect(unitConversion.solve({ text, answer: '', meta: { ...up, to: 'fennel' } })).toEqual([]);
  });

  it('reads the unit asked for, and no other', () => {
    const problem = { text, answer: '30', meta: { to: 'quam' } };
    for (const right of ['30', '30 quam', '30 quams', '60/2'])
      expect(unitConversion.score(right, problem)).toBe(1);
    expect(unitConversion.score('30 blick', problem)).toBe(0);
  });
});
