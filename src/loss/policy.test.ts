import { describe, expect, it } from 'vitest';
import { ones, scope, tensor } from '../tensor/index.ts';
import { policyLoss } from './policy.ts';
import { clippedSurrogate } from './surrogate.ts';

const clip = { low: 0.2, high: 0.28 };

/** Loss and gradient of one token with ratio ρ = e^delta and advantage A. */
function oneToken(
  delta: number,
  advantage: number,
  range = clip as { low: number; high: number; dual?: number },
) {
  return scope(() => {
    const logprobs = tensor(Float64Array.of(delta)).requiresGrad_();
    const zero = tensor(Float64Array.of(0));
    const result = clippedSurrogate(
      { logprobs, oldLogprobs: zero, advantages: tensor(Float64Array.of(advantage)) },
      range,
    );
    result.losses.sum().backward();
    return {
      loss: result.losses.item(),
      grad: logprobs.grad!.item(),
      high: result.clippedHigh.item(),
      low: result.clippedLow.item(),
    };
  });
}

describe('clippedSurrogate', () => {
  it('on policy: the loss is −Â and its gradient −Â', () => {
    expect(oneToken(0, 1.5)).toEqual({ loss: -1.5, grad: -1.5, high: 0, low: 0 });
  });

  it('stops a good token at 1 + ε_high and a bad one at 1 − ε_low, not the other way', () => {
    expect(oneToken(Math.log(1.5), 2)).toMatchObject({ loss: -2.56, grad: 0, high: 1, low: 0 });
    expect(oneToken(Math.log(0.5), -2)).toMatchObject({ loss: 1.6, grad: 0, high: 0, low: 1 });
    expect(oneToken(Math.log(0.5), 2).grad).toBeCloseTo(-1, 12);
    expect(oneToken(Math.log(1.5), -2).grad).toBeCloseTo(3, 12);
  });

  it('the dual clip bounds the loss of a bad token by c · |Â|', () => {
    expect(oneToken(Math.log(8), -1, { ...clip, dual: 3 })).toMatchObject({ loss: 3, grad: 0 });
  });

  it('stays finite where the ratio would overflow', () => {
    const { loss, grad } = oneToken(1000, -1);
    expect(Number.isFinite(loss)).toBe(true);
    expect(grad).toBe(0);
  });
});

describe('policyLoss', () => {
  const input = {
    logprobs: tensor([-1, -2, -3, 0], [2, 2]),
    oldLogprobs: tensor([-1.1, -2, -3, 5], [2, 2]),
    advantages: tensor([1, 1, -1, 100], [2, 2]),
    mask: tensor([1, 1, 1, 0], [2, 2]),
    weights: tensor([1 / 3, 1 / 3, 1 / 3, 0], [2, 2]),
  };
  const options = { clip: { low: 10, high: 10 }, klCoefficient: 0.1, klEstimator: 'k3' as const };

  it('weighs tokens, leaves padding out, and counts', () => {
    const { loss, statistics } = policyLoss(input, options);
    expect(loss.item()).toBeCloseTo(-(Math.exp(0.1) + 1 - 1) / 3, 6);
    expect(statistics).toMatchObject({ tokens: 3, clippedHigh: 0, clippedLow: 0, kl: 0 });
    expect(statistics.distance).toBeCloseTo(0.1, 6);
    expect(statistics.approximateKl).toBeCloseTo(-0.1, 6);
  });

  it('adds β times the KL to a reference', () => {
    const referenceLogprobs = input.logprobs.sub(ones([2, 2]).mul(0.5));
    const { loss, statistics } = policyLoss({ ...input, referenceLogprobs }, options);
    const k3 = Math.exp(-0.5) + 0.5 - 1;
    expect(statistics.kl).toBeCloseTo(3 * k3, 5);
    expect(loss.item()).toBeCloseTo(-Math.exp(0.1) / 3 + 0.1 * k3, 5);
  });
});
