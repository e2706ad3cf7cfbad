import { describe, expect, it } from 'vitest';
import { explainedVariance } from './index.ts';

describe('explainedVariance', () => {
  it('is 1 − Var(R − V) / Var(R)', () => {
    // Returns 0, 2, 4: variance 8/3. Errors −1, 0, 1: variance 2/3.
    expect(explainedVariance([[1, 2], [], [3]], [[0, 2], [], [4]])).toBeCloseTo(0.75, 12);
    expect(explainedVariance([[0, 2, 4]], [[0, 2, 4]])).toBe(1);
    expect(explainedVariance([[2, 2, 2]], [[0, 2, 4]])).toBe(0);
    expect(explainedVariance([[4, 2, 0]], [[0, 2, 4]])).toBe(-3);
  });

  it('does not mind values that are off by a constant, and is 0 where there is nothing to explain', () => {
    expect(explainedVariance([[10, 12, 14]], [[0, 2, 4]])).toBe(1);
    expect(explainedVariance([[1, 2]], [[5, 5]])).toBe(0);
    expect(explainedVariance([], [])).toBe(0);
  });
});
