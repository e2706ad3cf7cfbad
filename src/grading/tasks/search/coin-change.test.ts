import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { coinChange } from './coin-change.ts';

describe('coin-change', () => {
  const solve = (ask: string, coins: number[], amount: number) =>
    coinChange.solve({ text: '', answer: '', meta: { ask, coins, amount } });

  it('pays 6 with 3 + 3, not 4 + 1 + 1, and counts the 4 ways to pay 10 in 1, 5, 10', () => {
    expect(solve('fewest', [1, 3, 4], 6)).toEqual(['2']);
    expect(solve('ways', [1, 5, 10], 10)).toEqual(['4']);
    expect(solve('ways', [1, 2, 5], 10)).toEqual(['10']);
  });

  it('finds by table what it finds by search', () => {
    for (let i = 0; i < 150; i++) {
      const problem = coinChange.generate(Random.derive(i, 'coins'), 1 + (i % coinChange.levels));
      expect(coinChange.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
