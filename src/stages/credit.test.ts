/** On a tiny random model: what each setting makes the trainer look at, and what comes of a KL in the reward. */
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { TINY_CONFIG } from '../../tests/support/tiny-checkpoint.ts';
import { lossSchema } from '../loss/index.ts';
import { initModel, parseConfig } from '../models/index.ts';
import type { Scored } from '../records.ts';
import { type CreditOptions, creditRollout } from './credit.ts';
import { inspect } from './logprobs.ts';

const model = (seed: number) =>
  initModel(parseConfig(TINY_CONFIG, 'test'), seed, { device: 'cpu', scheme: 'scaled' });
const policy = model(0);
const reference = model(1);
const pass = { temperature: 1, tokensPerMicroBatch: 8, padToken: 0 };

const scored: Scored[] = [3, 1, 0, 2].map((length, i) => {
  const completion = completionOf('x', { length });
  return {
    completion: { ...completion, tokens: completion.tokens.map((_, t) => 7 * i + t + 1) },
    reward: [1, 0, 1, 0][i]!,
    parts: {},
  };
});
const groups = [0, 0, 1, 1];

function credit(loss: object, options: Partial<CreditOptions> = {}) {
  return creditRollout(scored, groups, {
    ...pass,
    advantage: 'dr-grpo',
    loss: lossSchema.parse(loss),
    policy,
    ...options,
  });
}

const completions = scored.map(({ completion }) => completion);
const own = inspect(policy, completions, pass);

describe('creditRollout', () => {
  it('looks at nothing but rewards unless it must', () => {
    const { samples, kl } = credit({});
    expect(samples.map(({ advantages }) => [...advantages])).toEqual([
      [0.5, 0.5, 0.5],
      [-0.5],
      [],
      [-0.5, -0.5],
    ]);
    expect(samples.map(({ group }) => group)).toEqual(groups);
    expect(samples.some((sample) => 'oldLogprobs' in sample || 'entropies' in sample)).toBe(false);
    expect(kl).toBeUndefined();
  });

  it('takes the trainer’s own log-probabilities for importance weights', () => {
    const { samples } = credit({ samplerCorrection: { kind: 'truncate' } });
    expect(samples.map(({ oldLogprobs }) => oldLogprobs)).toEqual(own.map(({ logprobs }) => logprobs));
  });

  it('takes the entropies, and nothing else, for learning from uncertain tokens', () => {
    const { samples } = credit({ entropy: { topFraction: 0.5 } });
    expect(samples.map(({ entropies }) => entropies)).toEqual(own.map(({ entropies }) => entropies));
    expect(samples.some((sample) => 'oldLogprobs' in sample)).toBe(false);
  });

  it('takes β KL off the reward before comparing', () => {
    const loss = { kl: { coefficient: 0.3, estimator: 'k1', in: 'reward' } };
    const sampler = scored.map((one, i) => ({
      ...one,
      completion: { ...one.completion, logprobs: own[i]!.logprobs },
    }));
    const options = {
      ...pass,
      advantage: 'dr-grpo',
      loss: lossSchema.parse(loss),
      policy,
      reference,
    } as const;
    const { samples, kl } = creditRollout(sampler, groups, options);
    const theirs = inspect(reference, completions, pass);
    const divergence = own.map(({ logprobs }, i) =>
      logprobs.reduce((sum, value, t) => sum + value - theirs[i]!.logprobs[t]!, 0),
    );
    const totals = scored.map(({ reward }, i) => reward! - 0.3 * divergence[i]!);
    expect(samples[0]!.advantages[0]).toBeCloseTo((totals[0]! - totals[1]!) / 2, 5);
    expect(samples[3]!.advantages[1]).toBeCloseTo((totals[3]! - totals[2]!) / 2, 5);
    expect(kl).toBeCloseTo(divergence.reduce((sum, value) => sum + value, 0) / 6, 5);
  });
});

describe('inspect', () => {
  it('gives each completion its own numbers, whatever shares a pass', () => {
    const apart = inspect(policy, completions, { ...pass, tokensPerMicroBatch: 1 });
    const together = inspect(policy, completions, { ...pass, tokensPerMicroBatch: 1000 });
    for (const [i, { logprobs, entropies }] of apart.entries()) {
      expect(logprobs).toHaveLength(completions[i]!.tokens.length);
      for (const [t, value] of logprobs.entries()) expect(together[i]!.logprobs[t]).toBeCloseTo(value, 5);
      for (const [t, value] of entropies.entries()) expect(together[i]!.entropies[t]).toBeCloseTo(value, 5);
      expect(entropies.every((value) => value > 0 && value < Math.log(80))).toBe(true);
    }
  });
});
