/** Each policy loss against its paper's equation, written with plain numbers and differentiated numerically. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { scope, type Tensor } from '../../torch/index.ts';
import { type PolicyConfig, policySchema, tokenLoss } from './registry.ts';
import { clampLogRatio } from './terms.ts';
import { EXAMPLE, expectSame, lossInput, maskOf, matrix, overResponse, overTokens } from './testing.ts';

const { old, advantages, lengths } = EXAMPLE;
const mask = maskOf(lengths, 4);

/** Σ over response tokens of the loss, as a function of log-probabilities. */
function summed(config: PolicyConfig): (logprobs: Tensor) => Tensor {
  return (logprobs) =>
    tokenLoss(
      {
        logprobs,
        logRatio: clampLogRatio(logprobs.sub(matrix(old))),
        advantages: matrix(advantages),
        mask: matrix(mask),
      },
      config,
    )
      .losses.mul(matrix(mask))
      .sum();
}

const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
const ratio = (x: number[][], i: number, t: number): number => Math.exp(x[i]![t]! - old[i]![t]!);
const advantage = (i: number): number => advantages[i]![0];

describe('values and gradients', () => {
  it('surrogate: −min(ρ Â, clip(ρ) Â)', () => {
    expectSame(summed({ kind: 'surrogate', ratio: 'token', clipLow: 0.3, clipHigh: 0.5 }), (x) =>
      overTokens((i, t) => {
        const r = ratio(x, i, t);
        return -Math.min(r * advantage(i), clip(r, 0.7, 1.5) * advantage(i));
      }),
    );
  });

  it('surrogate with a dual clip: at most c |Â| where Â < 0', () => {
    expectSame(summed({ kind: 'surrogate', ratio: 'token', clipLow: 0.3, clipHigh: 0.5, dualClip: 2 }), (x) =>
      overTokens((i, t) => {
        const r = ratio(x, i, t);
        const loss = -Math.min(r * advantage(i), clip(r, 0.7, 1.5) * advantage(i));
        return advantage(i) < 0 ? Math.min(loss, -2 * advantage(i)) : loss;
      }),
    );
  });

  it('surrogate of sequences (GSPO): s = (π/π_old)^{1/|o|}', () => {
    expectSame(summed({ kind: 'surrogate', ratio: 'sequence', clipLow: 0.8, clipHigh: 0.8 }), (x) =>
      overTokens((i) => {
        const s = Math.exp(overResponse(i, (t) => x[i]![t]! - old[i]![t]!));
        return -Math.min(s * advantage(i), clip(s, 0.2, 1.8) * advantage(i));
      }),
    );
  });

  it('cispo: the weight carries no gradient', () => {
    const weights = EXAMPLE.logprobs.map((row, i) =>
      row.map((_, t) => clip(ratio(EXAMPLE.logprobs as never, i, t), 0.5, 1.5)),
    );
    expectSame(summed({ kind: 'cispo', clipLow: 0.5, clipHigh: 0.5 }), (x) =>
      overTokens((i, t) => -weights[i]![t]! * advantage(i) * x[i]![t]!),
    );
  });

  it('gmpo: exp of the mean of log-ratios clipped on the surrogate’s side', () => {
    expectSame(summed({ kind: 'gmpo', clipLow: 0.4, clipHigh: 0.4 }), (x) =>
      overTokens((i) => {
        const sign = Math.sign(advantage(i));
        const mean = overResponse(i, (t) => {
          const log = x[i]![t]! - old[i]![t]!;
          return sign * Math.min(sign * log, sign * clip(log, -0.4, 0.4));
        });
        return -advantage(i) * Math.exp(mean);
      }),
    );
  });

  it('sapo: a sigmoid gate on the ratio', () => {
    expectSame(summed({ kind: 'sapo', temperaturePositive: 1, temperatureNegative: 1.05 }), (x) =>
      overTokens((i, t) => {
        const tau = advantage(i) > 0 ? 1 : 1.05;
        return -(4 / tau / (1 + Math.exp(-tau * (ratio(x, i, t) - 1)))) * advantage(i);
      }),
    );
  });

  it('policy-gradient: −Â log π', () => {
    expectSame(summed({ kind: 'policy-gradient' }), (x) => overTokens((i, t) => -advantage(i) * x[i]![t]!));
  });
});

const KINDS = policySchema.options.map(({ shape }) => [...shape.kind.values][0]!);

describe.each(KINDS)('%s', (kind) => {
  const config = policySchema.parse({ kind });

  /** Gradient of the mean over responses of their token mean, at any distance from the old policy. */
  function gradient(logprobs: readonly number[], distance: number, A: number): number[] {
    return scope(() => {
      const input = lossInput(
        [logprobs],
        [logprobs.map((x) => x - distance)],
        [logprobs.map(() => A)],
        [logprobs.length],
      );
      tokenLoss(input, config).losses.mean().backward();
      return input.logprobs.grad!.toArray();
    });
  }

  it('is the policy gradient where policy and old policy are the same', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (A) => {
        for (const value of gradient([-1, -2, -0.5], 0, A)) expect(value).toBeCloseTo(-A / 3, 9);
      }),
      { numRuns: runs(20, 400) },
    );
  });

  it('stays finite however far the policies are apart', () => {
    for (const distance of [-1e4, 1e4])
      for (const A of [-1, 1]) {
        expect(gradient([-1, -2], distance, A).every(Number.isFinite)).toBe(true);
      }
  });

  it('says which tokens were clipped, and none where nothing moved', () => {
    scope(() => {
      const input = lossInput(EXAMPLE.logprobs, EXAMPLE.logprobs, advantages, lengths);
      const { clippedHigh, clippedLow } = tokenLoss(input, config);
      expect(clippedHigh.shape).toEqual([3, 4]);
      expect(clippedHigh.logicalOr(clippedLow).any().item()).toBe(0);
    });
  });
});

describe('clipping', () => {
  /** Loss, gradient and marks of one token with ratio ρ = e^delta and advantage A. */
  function oneToken(delta: number, A: number, config: PolicyConfig) {
    return scope(() => {
      const input = lossInput([[delta]], [[0]], [[A]], [1]);
      const result = tokenLoss(input, config);
      result.losses.sum().backward();
      return {
        loss: result.losses.sum().item(),
        grad: input.logprobs.grad!.item(),
        high: result.clippedHigh.item(),
        low: result.clippedLow.item(),
      };
    });
  }
  const higher: PolicyConfig = { kind: 'surrogate', ratio: 'token', clipLow: 0.2, clipHigh: 0.28 };

  it('on policy the loss is −Â and its gradient −Â', () => {
    expect(oneToken(0, 1.5, higher)).toEqual({ loss: -1.5, grad: -1.5, high: 0, low: 0 });
  });

  it('stops a good token at 1 + ε_high and a bad one at 1 − ε_low, not the other way', () => {
    expect(oneToken(Math.log(1.5), 2, higher)).toMatchObject({ loss: -2.56, grad: 0, high: 1, low: 0 });
    expect(oneToken(Math.log(0.5), -2, higher)).toMatchObject({ loss: 1.6, grad: 0, high: 0, low: 1 });
    expect(oneToken(Math.log(0.5), 2, higher).grad).toBeCloseTo(-1, 12);
    expect(oneToken(Math.log(1.5), -2, higher).grad).toBeCloseTo(3, 12);
  });

  it('the dual clip bounds the loss of a bad token by c · |Â|', () => {
    expect(oneToken(Math.log(8), -1, { ...higher, dualClip: 3 })).toMatchObject({ loss: 3, grad: 0 });
  });

  it('ε above 1 leaves the lower side open', () => {
    const wide: PolicyConfig = { ...higher, clipLow: 10, clipHigh: 10 };
    expect(oneToken(-5, -1, wide)).toMatchObject({ low: 0, grad: Math.exp(-5) });
  });

  it('cispo keeps the gradient of clipped tokens', () => {
    const config: PolicyConfig = { kind: 'cispo', clipLow: 1, clipHigh: 4 };
    expect(oneToken(Math.log(100), 2, config)).toMatchObject({ grad: -10, high: 1 });
    expect(oneToken(Math.log(1e-3), 2, config).grad).toBeCloseTo(-2e-3, 12);
  });

  it('sapo fades faster for bad tokens', () => {
    const config: PolicyConfig = { kind: 'sapo', temperaturePositive: 1, temperatureNegative: 2 };
    expect(Math.abs(oneToken(1, -1, config).grad)).toBeLessThan(Math.abs(oneToken(1, 1, config).grad));
  });
});
