import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { vennCounting } from './venn-counting.ts';

describe('venn-counting', () => {
  it('includes and excludes: 30 in all, 12 and 15 overlapping in 5', () => {
    const text =
      'Of 30 students, 12 take art; 15 take music; 5 take art and take music. Each count includes …';
    const solve = (ask: number) => vennCounting.solve({ text, answer: '', meta: { ask } });
    expect([solve(0), solve(1), solve(2)]).toEqual([['8'], ['17'], ['22']]);
  });

  it('agrees with the regions for two to four groups', () => {
    for (let i = 0; i < 200; i++) {
      const problem = vennCounting.generate(Random.derive(i, 'venn'), 1 + (i % vennCounting.levels));
      expect(vennCounting.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
