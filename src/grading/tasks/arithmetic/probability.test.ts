import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { probability } from './probability.ts';

const solve = (ask: string, wanted: number) =>
  probability.solve({ text: '', answer: '', meta: { ask, wanted, counts: [3, 2], draws: 2 } });

describe('probability', () => {
  it('draws 2 of 3 red and 2 blue', () => {
    expect(solve('exactly', 1)).toEqual(['3/5']); // 3 · 2 of 10 pairs
    expect(solve('at least', 1)).toEqual(['9/10']); // all but the blue pair
    expect(solve('all the same colour', 1)).toEqual(['2/5']); // 3 red pairs and 1 blue
  });

  it('counts combinations as the tree of draws does', () => {
    for (let i = 0; i < 150; i++) {
      const problem = probability.generate(Random.derive(i, 'urn'), 1 + (i % probability.levels));
      expect(probability.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('takes an unreduced fraction and the exact decimal', () => {
    const problem = { text: '', answer: '3/5', meta: {} };
    for (const right of ['3/5', '6/10', '0.6']) expect(probability.score(right, problem)).toBe(1);
    expect(probability.score('60', problem)).toBe(0);
  });
});
