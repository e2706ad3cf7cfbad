import { describe, expect, it } from 'vitest';
import { sequenceWeights } from './policy.ts';

describe('sequenceWeights', () => {
  const lengths = [1, 3, 0, 4];

  it('token-mean: each of the 8 tokens 1/8', () => {
    expect([...sequenceWeights('token-mean', lengths)]).toEqual([1 / 8, 1 / 8, 0, 1 / 8]);
  });

  it('seq-mean-token-mean: each of the 3 sequences 1/3 in all', () => {
    const weights = sequenceWeights('seq-mean-token-mean', lengths);
    expect([...weights]).toEqual([1 / 3, 1 / 9, 0, 1 / 12]);
    expect(lengths.reduce((sum, length, i) => sum + length * weights[i]!, 0)).toBeCloseTo(1, 12);
  });

  it('seq-mean-token-sum: each token 1/3, however long its sequence', () => {
    expect([...sequenceWeights('seq-mean-token-sum', lengths)]).toEqual([1 / 3, 1 / 3, 0, 1 / 3]);
  });

  it('constant: each token 1/(sequences · divisor), however long its sequence', () => {
    expect([...sequenceWeights('constant', lengths, 50)]).toEqual([1 / 150, 1 / 150, 0, 1 / 150]);
    expect(() => sequenceWeights('constant', lengths)).toThrow(/divisor/);
  });

  it('gives no weights that are not finite when nothing counts', () => {
    expect([...sequenceWeights('token-mean', [0, 0])]).toEqual([0, 0]);
  });
});
