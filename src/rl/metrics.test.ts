import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import type { Scored } from '../records.ts';
import { stepMetrics } from './metrics.ts';
import type { PolicyUpdateResult } from './update.ts';

const scoredOf = (reward: number | null, length: number): Scored => ({
  completion: completionOf('x', { length, finish: length === 4 ? 'length' : 'stop' }),
  reward,
  parts: { accuracy: reward },
});

const update: PolicyUpdateResult = {
  loss: 1,
  gradNorm: 2,
  learningRate: 0.1,
  entropy: 6,
  routed: 0,
  rerouted: 0,
  tokens: 3,
  clippedHigh: 1,
  clippedLow: 0,
  approximateKl: 0.3,
  distance: 0.03,
  kl: 0.6,
  masked: 1,
  bounded: 0,
  overflow: 0,
};

const facts = {
  groups: {
    kept: [scoredOf(1, 2), scoredOf(0, 4)],
    discarded: [scoredOf(1, 2), scoredOf(null, 1)],
    attempts: 2,
  },
  config: { groupSize: 2, dynamicSampling: undefined },
  updates: [update, { ...update, tokens: 1, entropy: 2, overflow: 5 }],
  seconds: { rollout: 1, update: 0.5 },
};

describe('stepMetrics', () => {
  it('leaves out the mean of a reward that could score nothing, and keeps one that is 0', () => {
    const parts = (helpful: number | null) => ({ ...scoredOf(1, 2), parts: { accuracy: 0, helpful } });
    const report = (...scored: Scored[]) =>
      stepMetrics({ ...facts, groups: { kept: scored, discarded: [], attempts: 1 } });
    expect(report(parts(null), parts(null))).not.toHaveProperty('rewards/helpful/mean');
    expect(report(parts(null), parts(null))['rewards/accuracy/mean']).toBe(0);
    expect(report(parts(null), parts(-3))['rewards/helpful/mean']).toBe(-3);
  });

  it('measures rewards on all that was sampled and losses on what was learnt from', () => {
    expect(stepMetrics(facts)).toMatchObject({
      reward: 2 / 3,
      'rewards/accuracy/mean': 2 / 3,
      'completions/mean_length': 9 / 4,
      'completions/clipped_ratio': 1 / 4,
      'completions/unscored_ratio': 1 / 4,
      frac_reward_zero_std: 1 / 2,
      entropy: 2,
      kl: 0.3,
      'clip_ratio/high_mean': 1 / 2,
      masked_ratio: 1 / 2,
      log_ratio_overflow: 5,
      num_tokens: 9 + 4 * 2,
      'sampling/sampling_logp_difference/mean': 0.01,
    });
  });

  it('has percentiles of the lengths that were sampled: 1, 2, 2, 4', () => {
    expect(stepMetrics(facts)).toMatchObject({
      'completions/length_p10': 1,
      'completions/length_p50': 2,
      'completions/length_p90': 4,
      'completions/length_p99': 4,
    });
  });

  it('has the speed of sampling, unless rollouts are sampled ahead', () => {
    const seconds = { ...facts.seconds, rollout: 0.5 };
    expect(stepMetrics({ ...facts, seconds })['tokens_per_second/rollout']).toBe(18);
    const config = { ...facts.config, staleness: 1 };
    expect(stepMetrics({ ...facts, config })).not.toHaveProperty('tokens_per_second/rollout');
  });

  it('has the speed of the update on what was learnt from', () => {
    // Kept: prompts of 2 tokens twice, responses of 2 and 4.
    expect(stepMetrics(facts)).toMatchObject({
      'tokens_per_second/update': 20,
      'prompts/max_length': 2,
    });
  });

  it('has the critic’s losses, clipped tokens and foresight where there is one', () => {
    expect(stepMetrics(facts)).not.toHaveProperty('loss/value_avg');
    const critic = { loss: 0.5, clipped: 1, tokens: 3, gradNorm: 4, learningRate: 0.2 };
    const updates = [
      { ...update, critic },
      { ...update, critic: { ...critic, loss: 0.1, clipped: 0, tokens: 1, gradNorm: 2 } },
    ];
    expect(stepMetrics({ ...facts, updates, advantages: { explainedVariance: 0.75 } })).toMatchObject({
      loss: 1,
      'loss/value_avg': 0.3,
      'val/clipfrac_avg': 0.25,
      'val/var_explained': 0.75,
      'val/grad_norm': 3,
      'val/learning_rate': 0.2,
    });
  });

  it('counts what dynamic sampling threw away, where it is on', () => {
    expect(stepMetrics(facts)).not.toHaveProperty('dynamic_sampling/attempts');
    const config = { ...facts.config, dynamicSampling: { attempts: 3 } };
    expect(stepMetrics({ ...facts, config })).toMatchObject({
      'dynamic_sampling/attempts': 2,
      'dynamic_sampling/kept_groups': 1,
      'dynamic_sampling/discarded_groups': 1,
    });
  });

  it('shows the KL that went into the reward', () => {
    expect(stepMetrics({ ...facts, advantages: { kl: 0.25 } }).kl).toBe(0.25);
  });

  it('is finite where nothing was learnt from', () => {
    const report = stepMetrics({ ...facts, updates: [], advantages: { explainedVariance: 0 } });
    expect(Object.values(report).every(Number.isFinite)).toBe(true);
  });
});
