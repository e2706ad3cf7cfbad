import { describe, expect, it } from 'vitest';
import { learningRate, type Schedule } from './learner.ts';

const cosine: Schedule = { peak: 1, warmup: 4, shape: 'cosine', floor: 0.1 };

describe('learningRate', () => {
  it('warms up linearly and reaches the peak', () => {
    expect([0, 1, 2, 3, 4].map((step) => learningRate(cosine, step, 105))).toEqual([0.25, 0.5, 0.75, 1, 1]);
  });

  it('falls to the floor at the last step', () => {
    expect(learningRate(cosine, 104, 105)).toBeCloseTo(0.1, 12);
    expect(learningRate(cosine, 54, 105)).toBeCloseTo(0.55, 12);
    expect(learningRate({ ...cosine, shape: 'linear' }, 29, 105)).toBeCloseTo(0.1 + 0.9 * 0.75, 12);
  });

  it('never leaves the range after the last step, and a constant stays', () => {
    expect(learningRate(cosine, 1000, 105)).toBeCloseTo(0.1, 12);
    expect(learningRate({ ...cosine, shape: 'constant' }, 1000, 105)).toBe(1);
  });
});
