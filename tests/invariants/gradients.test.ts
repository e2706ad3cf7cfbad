/** What must not change the gradient of a policy loss, for every preset and every setting that looks beyond a token. */
import { describe, expect, it } from 'vitest';
import { computeLogprobs } from '../../src/rl/loss/index.ts';
import {
  distance,
  eos,
  GROUP_SIZE,
  gradient,
  groupsOf,
  type Loss,
  policy,
  relativeError,
  sampled,
  staleRollout,
  tokenizer,
} from './policy.ts';
import { SETTINGS } from './settings.ts';

const scored = staleRollout();

describe.each(SETTINGS)('$name', ({ advantage, loss, critic }) => {
  const whole = gradient(scored, loss, { advantage, critic });

  it('8 micro-batches of 1 give the gradient of 1 of 8', () => {
    const apart = gradient(scored, loss, { advantage, critic, tokensPerMicroBatch: 1 });
    expect(whole.gradNorm).toBeGreaterThan(1e-4);
    expect(distance(whole, apart)).toBeLessThan(1e-5);
    expect(apart.loss).toBeCloseTo(whole.loss, 5);
    expect(apart.tokens).toBe(whole.tokens);
    expect(apart.masked).toBe(whole.masked);
  });

  it('the order of the completions of a group does not matter', () => {
    const order = scored.map((_, i) => GROUP_SIZE * Math.floor(i / GROUP_SIZE) + ((3 * i + 1) % GROUP_SIZE));
    const shuffled = gradient(
      order.map((i) => scored[i]!),
      loss,
      { advantage, critic },
    );
    expect(distance(whole, shuffled)).toBeLessThan(1e-5);
  });

  it('an unscorable completion moves neither baseline nor loss', () => {
    const groups = groupsOf(scored);
    const one = { ...scored[1]!, reward: null };
    const withOne = gradient([one, ...scored], loss, { advantage, critic, groups: [0, ...groups] });
    expect(distance(whole, withOne)).toBeLessThan(1e-5);
    expect(withOne.tokens).toBe(whole.tokens);
  });

  it('recomputation of activations changes no bit', () => {
    const again = gradient(scored, loss, { advantage, critic, recompute: true });
    expect(again.values).toEqual(whole.values);
    expect(again.loss).toBe(whole.loss);
  });

  it('sequences end to end in one row, or a few, give the gradient of padded ones', () => {
    for (const tokensPerMicroBatch of [1e6, 60]) {
      const packed = gradient(scored, loss, { advantage, critic, packed: true, tokensPerMicroBatch });
      // Rounding alone: micro-batches of one padded row each are as far off.
      expect(relativeError(whole, packed)).toBeLessThan(3e-6);
      expect(packed.loss).toBeCloseTo(whole.loss, 5);
      expect(packed.tokens).toBe(whole.tokens);
    }
  });

  it('padding is any token', () => {
    expect(distance(whole, gradient(scored, loss, { advantage, critic, padToken: 3 }))).toBeLessThan(1e-6);
  });
});

describe('a group of equal rewards', () => {
  const equal = scored.map(({ completion, parts }) => ({ completion, parts, reward: 0.7 }));

  // A critic may expect more of one response than of another.
  it.each(
    SETTINGS.filter(({ advantage, loss: { kl, entropy } }) => !kl && !entropy?.bonus && advantage !== 'gae'),
  )('gives no gradient ($name)', ({ advantage, loss }) => {
    const { gradNorm, loss: value } = gradient(equal, loss, { advantage });
    expect(gradNorm).toBe(0);
    expect(Math.abs(value)).toBe(0);
  });

  it('gives that of the KL alone where there is one', () => {
    const kl = { kl: { coefficient: 0.5 } };
    const { gradNorm } = gradient(equal, kl);
    expect(gradNorm).toBeGreaterThan(0);
    const twice = gradient(equal, { kl: { coefficient: 1 } });
    expect(twice.gradNorm / gradNorm).toBeCloseTo(2, 4);
  });

  it('among others changes nothing but the divisor', () => {
    const flat = scored.slice(0, GROUP_SIZE).map((one) => ({ ...one, reward: 0.7 }));
    const loss: Loss = { aggregation: 'seq-mean-token-sum' };
    const withFlat = gradient([...flat, ...scored], loss);
    const share = scored.length / (scored.length + GROUP_SIZE);
    expect(withFlat.gradNorm / gradient(scored, loss).gradNorm).toBeCloseTo(share, 5);
  });
});

describe('truncated completions', () => {
  const cut = scored.filter(({ completion }) => completion.finish === 'length');

  it('are left out of loss and divisor when asked, and stay in the baseline', () => {
    const masked = gradient(scored, { maskTruncated: true });
    const without = gradient(
      scored,
      {},
      {
        edit: (samples) => samples.filter(({ scored: { completion } }) => completion.finish === 'stop'),
      },
    );
    expect(cut.length).toBeGreaterThan(0);
    expect(distance(without, masked)).toBeLessThan(1e-6);
    expect(distance(gradient(scored, {}), masked)).toBeGreaterThan(1e-2);
  });

  it('change nothing when all are cut and all are left out', () => {
    const all = scored.map((one) => ({
      ...one,
      completion: { ...one.completion, finish: 'length' as const },
    }));
    expect(gradient(all, { maskTruncated: true })).toMatchObject({ gradNorm: 0, loss: 0, tokens: 0 });
  });
});

describe('the end of sequence', () => {
  /** Two responses, one of them nothing but an end of sequence and rewarded. */
  const ends = [1, 0].map((reward) => ({
    ...scored[0]!,
    completion: {
      ...scored[0]!.completion,
      tokens: Int32Array.of(...(reward ? [eos] : [5, eos])),
      logprobs: new Float32Array(reward ? 1 : 2).fill(-4),
    },
    reward,
  }));

  it('is trained on, also where padding is the same token', () => {
    const groups = [0, 0];
    const loss: Loss = { policy: { kind: 'policy-gradient' }, aggregation: 'seq-mean-token-sum' };
    const whole = gradient(ends, loss, { groups, padToken: eos });
    expect(whole.tokens).toBe(3);
    expect(distance(whole, gradient(ends, loss, { groups, padToken: 3 }))).toBeLessThan(1e-6);
    // Without its last token, the second response teaches something else.
    const shorter = ends.map(({ completion, ...rest }, i) => ({
      ...rest,
      completion: i ? { ...completion, tokens: Int32Array.of(5), logprobs: Float32Array.of(-4) } : completion,
    }));
    expect(distance(whole, gradient(shorter, loss, { groups, padToken: eos }))).toBeGreaterThan(1e-2);
  });
});

describe('sampler and trainer', () => {
  it.each([1, 0.7])('agree about log-probabilities to 1e-4 in float32 (temperature %d)', (temperature) => {
    const completions = sampled(temperature);
    const facts = computeLogprobs(policy, completions, {
      temperature,
      tokensPerMicroBatch: 64,
      padToken: tokenizer.padId ?? 0,
    });
    expect(completions.some(({ finish }) => finish === 'length')).toBe(true);
    for (const [i, { logprobs }] of completions.entries()) {
      expect(facts[i]!.logprobs).toHaveLength(logprobs.length);
      for (const [t, value] of logprobs.entries()) {
        expect(Math.abs(facts[i]!.logprobs[t]! - value)).toBeLessThan(1e-4);
      }
    }
  });

  it('weights between them are 1 on policy, so that correcting changes nothing', () => {
    const fresh = sampled().map((completion, i) => ({ completion, reward: i % 2, parts: {} }));
    const plain = gradient(fresh, {});
    const corrected = gradient(fresh, { samplerCorrection: { kind: 'truncate', level: 'sequence' } });
    expect(corrected.bounded).toBe(0);
    expect(distance(plain, corrected)).toBeLessThan(1e-4);
  });
});
