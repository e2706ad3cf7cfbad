import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { modularArithmetic } from './modular-arithmetic.ts';

describe('modular-arithmetic', () => {
  it('writes 3^5 + 4 * 2 out as 251, which leaves 6 modulo 7', () => {
    const problem = { text: '', answer: '6', meta: { expression: '3^5 + 4 * 2', m: 7 } };
    expect(modularArithmetic.solve(problem)).toEqual(['6']);
    expect(modularArithmetic.score('13', problem)).toBe(0);
  });

  it('agrees with the numbers written out', () => {
    for (let i = 0; i < 200; i++) {
      const problem = modularArithmetic.generate(Random.derive(i, 'mod'), 1 + (i % 4));
      expect(modularArithmetic.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
