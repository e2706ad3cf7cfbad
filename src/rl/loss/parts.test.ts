/** KL, importance weights, stale negatives, entropy and the critic's loss: each against its equation. */
import { describe, expect, it } from 'vitest';
import { scope, type Tensor } from '../../torch/index.ts';
import { topEntropy } from './entropy.ts';
import { type ImportanceConfig, importanceSchema, importanceWeights } from './importance.ts';
import { staleNegatives } from './stale.ts';
import { klPenalty, klSchema, sequenceMean, unbiasedKl } from './terms.ts';
import { EXAMPLE, expectSame, maskOf, matrix, numerically, overTokens } from './testing.ts';
import { valueLoss } from './value.ts';

const { old, reference, lengths } = EXAMPLE;
const mask = maskOf(lengths, 4);
const total = (values: Tensor): Tensor => values.mul(matrix(mask)).sum();

describe('KL', () => {
  const d = (x: number[][], i: number, t: number): number => reference[i]![t]! - x[i]![t]!;

  it.each([
    ['k1', (difference: number) => -difference],
    ['k2', (difference: number) => difference ** 2 / 2],
    ['k3', (difference: number) => Math.exp(difference) - difference - 1],
  ] as const)('%s', (estimator, formula) => {
    expectSame(
      (logprobs) => total(klPenalty(logprobs, matrix(reference), estimator)),
      (x) => overTokens((i, t) => formula(d(x, i, t))),
    );
  });

  it('k3 weighted by the ratio is differentiated through the ratio', () => {
    expectSame(
      (logprobs) => total(unbiasedKl(logprobs, matrix(reference), logprobs.sub(matrix(old)))),
      (x) =>
        overTokens((i, t) => Math.exp(x[i]![t]! - old[i]![t]!) * (Math.exp(d(x, i, t)) - d(x, i, t) - 1)),
    );
  });

  it('the weighted k3 has, in expectation over the old policy, value and gradient of the KL; k3 and k1 have not', () => {
    // Three tokens with logits z; the expectation is exact because all tokens are summed over.
    const z = [0.3, -0.8, 1.1];
    const sampled = [0.2, 0.5, 0.3];
    const target = [0.6, 0.1, 0.3];
    const logSoftmax = (logits: number[]): number[] => {
      const log = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
      return logits.map((x) => x - log);
    };
    const kl = numerically(
      ([logits]) => {
        const log = logSoftmax(logits!);
        return log.reduce((sum, x, k) => sum + Math.exp(x) * (x - Math.log(target[k]!)), 0);
      },
      [z],
    );
    const expected = (estimate: (logprobs: Tensor) => Tensor, weights: number[]) =>
      scope(() => {
        const logits = matrix([z]).requiresGrad_();
        const loss = estimate(logits.logSoftmax(-1))
          .mul(matrix([weights]))
          .sum();
        loss.backward();
        return { value: loss.item(), grad: logits.grad!.toArray() };
      });
    const ref = [target.map(Math.log)];
    const close = (result: { value: number; grad: number[] }) =>
      result.grad.every((value, k) => Math.abs(value - kl.grad[k]!) < 1e-6);

    const unbiased = expected(
      (x) => unbiasedKl(x, matrix(ref), x.sub(matrix([sampled.map(Math.log)]))),
      sampled,
    );
    expect(unbiased.value).toBeCloseTo(kl.value, 9);
    expect(close(unbiased)).toBe(true);
    const onPolicy = logSoftmax(z).map(Math.exp);
    expect(close(expected((x) => klPenalty(x, matrix(ref), 'k3'), onPolicy))).toBe(false);
    expect(close(expected((x) => klPenalty(x, matrix(ref), 'k2'), onPolicy))).toBe(true);
    const k1 = expected((x) => klPenalty(x, matrix(ref), 'k1'), onPolicy);
    for (const value of k1.grad) expect(value).toBeCloseTo(0, 9);
  });

  it('stays finite where the reference is far away, also in float32', () => {
    scope(() => {
      const logprobs = matrix([[-200, 0]])
        .to('float32')
        .requiresGrad_();
      klPenalty(logprobs, matrix([[0, -200]]).to('float32'), 'k3')
        .sum()
        .backward();
      expect(logprobs.grad!.toArray().every(Number.isFinite)).toBe(true);
    });
  });

  it('k3-unbiased is a loss, not a reward', () => {
    expect(klSchema.safeParse({ estimator: 'k3-unbiased', in: 'reward' }).success).toBe(false);
  });
});

describe('importance weights', () => {
  const trainer = [
    [0, 0, 0],
    [0, 0, 9],
  ];
  const sampler = [
    [Math.log(0.25), Math.log(2), 0],
    [Math.log(4), Math.log(0.5), -9],
  ];
  function weigh(config: ImportanceConfig) {
    return scope(() => {
      const ones = matrix(maskOf([3, 2], 3));
      const { weights, bounded } = importanceWeights(matrix(trainer), matrix(sampler), ones, config);
      const round = (values: Tensor) => values.toArray().map((value) => Number(value.toFixed(12)));
      return { weights: round(weights), bounded: round(bounded) };
    });
  }

  it('truncates each token’s weight', () => {
    expect(weigh({ kind: 'truncate', level: 'token', max: 2 })).toEqual({
      weights: [2, 0.5, 1, 0.25, 2, 1],
      bounded: [1, 0, 0, 0, 0, 0],
    });
  });

  it('zeroes weights outside the range', () => {
    expect(weigh({ kind: 'mask', level: 'token', min: 0.4, max: 3 })).toEqual({
      weights: [0, 0.5, 1, 0, 2, 1],
      bounded: [1, 0, 0, 1, 0, 0],
    });
  });

  it('of sequences: the product over response tokens', () => {
    expect(weigh({ kind: 'truncate', level: 'sequence', max: 1.5 }).weights).toEqual([
      1.5, 1.5, 1.5, 0.5, 0.5, 0.5,
    ]);
    expect(weigh({ kind: 'mask', level: 'sequence', min: 0.6, max: 3 }).weights).toEqual([2, 2, 2, 0, 0, 0]);
  });

  it('carries no gradient, and has defaults', () => {
    scope(() => {
      const leaf = matrix(trainer).requiresGrad_();
      const ones = matrix(maskOf([3, 2], 3));
      const config = importanceSchema.parse({ kind: 'truncate' });
      expect(importanceWeights(leaf, matrix(sampler), ones, config).weights.requiresGrad).toBe(false);
      expect(config).toEqual({ kind: 'truncate', level: 'token', max: 2 });
    });
  });
});

describe('staleNegatives', () => {
  it('marks bad responses whose mean log-ratio fell below −δ, and only those', () => {
    scope(() => {
      const logRatio = matrix([
        [-1, -1, 50],
        [-1, -1, 50],
        [-1, 0.2, 0],
      ]);
      const A = matrix([
        [-1, -1, -1],
        [1, 1, 1],
        [-1, -1, -1],
      ]);
      const stale = staleNegatives(logRatio, A, matrix(maskOf([2, 2, 2], 3)), 0.5);
      expect(stale.toArray()).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0]);
    });
  });
});

describe('topEntropy', () => {
  it('selects the share with the highest entropy over all rows', () => {
    const rows = [Float32Array.of(1, 5, 2), Float32Array.of(), Float32Array.of(4, 3)];
    const selected = (fraction: number) => topEntropy(rows, fraction).map((row) => [...row]);
    expect(selected(0.2)).toEqual([[0, 1, 0], [], [0, 0]]);
    expect(selected(0.4)).toEqual([[0, 1, 0], [], [1, 0]]);
    expect(selected(0.41)).toEqual([[0, 1, 0], [], [1, 1]]);
    expect(selected(1)).toEqual([[1, 1, 1], [], [1, 1]]);
    expect(topEntropy([], 0.2)).toEqual([]);
  });
});

describe('sequenceMean', () => {
  it('is over response tokens, and 0 where there is none', () => {
    scope(() => {
      const mean = sequenceMean(
        matrix([
          [1, 2, 9],
          [7, 7, 7],
        ]),
        matrix(maskOf([2, 0], 3)),
      );
      expect(mean.toArray()).toEqual([1.5, 0]);
      expect(mean.shape).toEqual([2, 1]);
    });
  });
});

describe('valueLoss', () => {
  it('takes the worse of the value and the one kept near the old value', () => {
    const oldValues = [[0, 0, 0, 0]];
    const returns = [[1, 1, -1, 0.1]];
    const at = [[0.5, -0.5, 0.5, 0.05]];
    const clip = (x: number) => Math.min(0.2, Math.max(-0.2, x));
    const slow = numerically(
      ([row]) =>
        row!.reduce((sum, v, t) => {
          const target = returns[0]![t]!;
          return sum + 0.5 * Math.max((v - target) ** 2, (clip(v) - target) ** 2);
        }, 0),
      at,
    );
    scope(() => {
      const values = matrix(at).requiresGrad_();
      const { losses, clipped } = valueLoss(
        { values, oldValues: matrix(oldValues), returns: matrix(returns) },
        0.2,
      );
      losses.sum().backward();
      expect(losses.sum().item()).toBeCloseTo(slow.value, 12);
      for (const [i, value] of values.grad!.toArray().entries()) expect(value).toBeCloseTo(slow.grad[i]!, 7);
      expect(clipped.toArray()).toEqual([1, 0, 0, 0]);
    });
  });

  it('without a range is half the squared error', () => {
    scope(() => {
      const input = { values: matrix([[3]]), oldValues: matrix([[0]]), returns: matrix([[1]]) };
      expect(valueLoss(input, Number.POSITIVE_INFINITY).losses.item()).toBe(2);
    });
  });
});
