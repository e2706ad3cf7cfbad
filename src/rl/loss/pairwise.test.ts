import { describe, expect, it } from 'vitest';
import { scope, tensor } from '../../torch/index.ts';
import { pairwiseLoss, pointwiseLoss } from './pairwise.ts';

const leaf = (...values: number[]) => tensor(Float64Array.from(values), [values.length]).requiresGrad_();

describe('pairwiseLoss', () => {
  it('is −log of the probability that the chosen reply is preferred', () => {
    scope(() => {
      const chosen = leaf(0, Math.log(3), -Math.log(4));
      const rejected = leaf(0, 0, 0);
      const losses = pairwiseLoss(chosen, rejected);
      // σ(0) = 1/2, σ(log 3) = 3/4, σ(−log 4) = 1/5
      const expected = [Math.log(2), Math.log(4 / 3), Math.log(5)];
      for (const [i, loss] of losses.toArray().entries()) expect(loss).toBeCloseTo(expected[i]!, 12);
      losses.sum().backward();
      const pull = [-1 / 2, -1 / 4, -4 / 5];
      for (const [i, grad] of chosen.grad!.toArray().entries()) expect(grad).toBeCloseTo(pull[i]!, 12);
      for (const [i, grad] of rejected.grad!.toArray().entries()) expect(grad).toBeCloseTo(-pull[i]!, 12);
    });
  });

  it('depends on the difference alone, and stays finite however wrong a score is', () => {
    scope(() => {
      const losses = pairwiseLoss(leaf(7, -500, 500), leaf(7 - Math.log(3), 500, -500)).toArray();
      expect(losses[0]).toBeCloseTo(Math.log(4 / 3), 12);
      expect(losses.slice(1)).toEqual([1000, 0]);
    });
  });
});

describe('pointwiseLoss', () => {
  it('is the cross-entropy of the judgement', () => {
    scope(() => {
      const scores = leaf(Math.log(3), Math.log(3), 0, -500, -500);
      const good = tensor([1, 0, 1, 1, 0], [5], { dtype: 'bool' });
      const losses = pointwiseLoss(scores, good);
      const expected = [Math.log(4 / 3), Math.log(4), Math.log(2), 500, 0];
      for (const [i, loss] of losses.toArray().entries()) expect(loss).toBeCloseTo(expected[i]!, 12);
      losses.sum().backward();
      // σ(r) − y
      const pull = [-1 / 4, 3 / 4, -1 / 2, -1, 0];
      for (const [i, grad] of scores.grad!.toArray().entries()) expect(grad).toBeCloseTo(pull[i]!, 12);
    });
  });
});
