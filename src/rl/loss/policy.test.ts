import { describe, expect, it } from 'vitest';
import { ones, scope, tensor } from '../../torch/index.ts';
import { lossSchema } from './config.ts';
import { policyLoss } from './policy.ts';

const third = 1 / 3;
const input = {
  logprobs: tensor([-1, -2, -3, 0], [2, 2]),
  oldLogprobs: tensor([-1.1, -2, -3, 5], [2, 2]),
  samplerLogprobs: tensor([-1.1, -2, -3, 5], [2, 2]),
  advantages: tensor([1, 1, -1, 100], [2, 2]),
  mask: tensor([1, 1, 1, 0], [2, 2]),
  weights: tensor([third, third, third, 0], [2, 2]),
};

function options(config: Parameters<typeof lossSchema.parse>[0] = {}) {
  const policy = { kind: 'surrogate', clipLow: 10, clipHigh: 10 };
  return lossSchema.parse({ policy, ...(config as object) });
}

describe('policyLoss', () => {
  it('weighs tokens, leaves padding out, and counts', () => {
    const { loss, statistics } = policyLoss(input, options());
    expect(loss.item()).toBeCloseTo(-(Math.exp(0.1) + 1 - 1) / 3, 6);
    expect(statistics).toMatchObject({ tokens: 3, clippedHigh: 0, clippedLow: 0, kl: 0 });
    expect(statistics).toMatchObject({ masked: 0, bounded: 0, overflow: 0 });
    expect(statistics.distance).toBeCloseTo(0.1, 6);
    expect(statistics.approximateKl).toBeCloseTo(-0.1, 6);
  });

  it('adds β times the KL to a reference', () => {
    const referenceLogprobs = input.logprobs.sub(ones([2, 2]).mul(0.5));
    const { loss, statistics } = policyLoss(
      { ...input, referenceLogprobs },
      options({ kl: { coefficient: 0.1 } }),
    );
    const k3 = Math.exp(-0.5) + 0.5 - 1;
    expect(statistics.kl).toBeCloseTo(3 * k3, 5);
    expect(loss.item()).toBeCloseTo(-Math.exp(0.1) / 3 + 0.1 * k3, 5);
    const weighted = policyLoss(
      { ...input, referenceLogprobs },
      options({ kl: { coefficient: 0.1, estimator: 'k3-unbiased' } }),
    );
    expect(weighted.statistics.kl).toBeCloseTo((Math.exp(0.1) + 2) * k3, 5);
  });

  it('rewards entropy', () => {
    const entropy = tensor([1, 2, 3, 50], [2, 2]);
    const { loss } = policyLoss({ ...input, entropy }, options({ entropy: { bonus: 0.5 } }));
    expect(loss.item()).toBeCloseTo(-Math.exp(0.1) / 3 - 0.5 * 2, 6);
  });

  it('leaves out what is not selected, without changing the divisor', () => {
    const selected = tensor([1, 0, 0, 0], [2, 2]);
    const { loss, statistics } = policyLoss({ ...input, selected }, options());
    expect(loss.item()).toBeCloseTo(-Math.exp(0.1) / 3, 6);
    expect(statistics.masked).toBe(2);
  });

  it('leaves stale negatives out by the sampler’s log-probabilities', () => {
    const samplerLogprobs = tensor([0, 0, -2.2, 0], [2, 2]);
    const { loss, statistics } = policyLoss({ ...input, samplerLogprobs }, options({ staleNegatives: 0.5 }));
    expect(loss.item()).toBeCloseTo(-(Math.exp(0.1) + 1) / 3, 6);
    expect(statistics.masked).toBe(1);
  });

  it('multiplies by importance weights between sampler and trainer, not the KL', () => {
    const samplerLogprobs = tensor([-1.1 - Math.log(1.5), -2 - Math.log(4), -3, 0], [2, 2]);
    const referenceLogprobs = input.logprobs.sub(0.5);
    const { loss, statistics } = policyLoss(
      { ...input, samplerLogprobs, referenceLogprobs },
      options({ samplerCorrection: { kind: 'truncate', max: 2 }, kl: { coefficient: 1 } }),
    );
    expect(loss.item()).toBeCloseTo(-(1.5 * Math.exp(0.1) + 2 - 1) / 3 + Math.exp(-0.5) - 0.5, 5);
    expect(statistics.bounded).toBe(1);
    expect(statistics.masked).toBe(0);
  });

  it('multiplies factors', () => {
    const selected = tensor([1, 0, 1, 0], [2, 2]);
    const samplerLogprobs = tensor([-1.1, -2, -3 - Math.log(8), 0], [2, 2]);
    const { statistics } = policyLoss(
      { ...input, selected, samplerLogprobs },
      options({ samplerCorrection: { kind: 'mask' } }),
    );
    expect(statistics).toMatchObject({ masked: 2, bounded: 1 });
  });

  it('counts log-ratios that had to be bounded', () => {
    const oldLogprobs = tensor([-30, -2, -3, 90], [2, 2]);
    const { loss, statistics } = policyLoss({ ...input, oldLogprobs }, options());
    expect(statistics.overflow).toBe(1);
    expect(Number.isFinite(loss.item())).toBe(true);
  });

  it('keeps no tensors but the loss', () => {
    scope(() => {
      const { loss } = policyLoss(input, options());
      expect(loss.shape).toEqual([]);
      expect(input.logprobs.disposed).toBe(false);
    });
  });
});

describe('lossSchema', () => {
  it('fills in the defaults of a policy loss named by kind', () => {
    expect(lossSchema.parse({})).toEqual({
      policy: { kind: 'surrogate', ratio: 'token', clipLow: 0.2, clipHigh: 0.2 },
      aggregation: 'token-mean',
      kl: { coefficient: 0, estimator: 'k3', in: 'loss', referenceEvery: 400 },
      entropy: { bonus: 0, topFraction: 1 },
      maskTruncated: false,
    });
  });

  it.each([
    { policy: { kind: 'sapo', clipLow: 0.2 } },
    { policy: { kind: 'ppo' } },
    { policy: { clipLow: 0.2 } },
    { aggregation: 'mean' },
    { clipLow: 0.2 },
    { samplerCorrection: { kind: 'truncate', min: 0.5 } },
    { entropy: { topFraction: 0 } },
  ])('refuses %j', (config) => {
    expect(lossSchema.safeParse(config).success).toBe(false);
  });
});
