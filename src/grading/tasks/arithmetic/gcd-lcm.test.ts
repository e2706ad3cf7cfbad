import { describe, expect, it } from 'vitest';
import { gcdLcm } from './gcd-lcm.ts';

describe('gcd-lcm', () => {
  it('finds gcd(12, 18, 30) = 6 and lcm(4, 6, 10) = 60', () => {
    const gcd = { text: 'Compute gcd(12, 18, 30).', answer: '6', meta: { ask: 'gcd' } };
    const lcm = { text: 'Compute lcm(4, 6, 10).', answer: '60', meta: { ask: 'lcm' } };
    expect(gcdLcm.solve(gcd)).toEqual(['6']);
    expect(gcdLcm.solve(lcm)).toEqual(['60']);
    expect(gcdLcm.score('gcd = 6', gcd)).toBe(1);
    expect(gcdLcm.score('12', gcd)).toBe(0);
  });
});
