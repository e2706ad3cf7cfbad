import { describe, expect, it } from 'vitest';
import { lossSchema } from './loss/index.ts';
import { rewardsSchema } from './reward/index.ts';
import { type Settings, warnOfSettings, warnOfStep } from './warnings.ts';

const safe: Settings = {
  advantage: 'grpo',
  groupSize: 8,
  promptsPerStep: 4,
  minibatches: 1,
  staleness: 0,
  loss: lossSchema.parse({}),
  sampling: { temperature: 1, maxTokens: 96 },
  maxPositions: 128,
};

const healthy = {
  loss: 0.3,
  grad_norm: 0.5,
  'completions/clipped_ratio': 0.1,
  frac_reward_zero_std: 0.5,
  'dynamic_sampling/kept_groups': 4,
  'prompts/max_length': 32,
};

function listening() {
  const warnings: Record<string, string> = {};
  const watcher = {
    note: () => {},
    step: () => {},
    warn: (id: string, text: string) => {
      warnings[id] = text;
    },
  };
  return { warnings, watcher };
}

function ofSettings(changes: Partial<Omit<Settings, 'loss'>> & { loss?: unknown }) {
  const { warnings, watcher } = listening();
  warnOfSettings({ ...safe, ...changes, loss: lossSchema.parse(changes.loss ?? {}) }, watcher);
  return warnings;
}

function ofStep(changes: Record<string, number>, settings: Partial<Settings> = {}) {
  const { warnings, watcher } = listening();
  warnOfStep({ ...healthy, ...changes }, { ...safe, ...settings }, watcher);
  return warnings;
}

describe('warnOfSettings', () => {
  it('says nothing of settings that are sound', () => {
    expect(ofSettings({})).toEqual({});
    expect(ofSettings({ groupSize: 1, advantage: 'reinforce++' })).toEqual({});
    expect(ofSettings({ loss: { policy: { kind: 'gmpo' }, aggregation: 'seq-mean-token-mean' } })).toEqual(
      {},
    );
  });

  it.each([
    [{ groupSize: 1 }, 'group of one', 'groupSize'],
    [{ loss: { kl: { coefficient: 0.1, estimator: 'k1' } } }, 'KL without a gradient', 'k3-unbiased'],
    [{ loss: { aggregation: 'seq-mean-token-mean' } }, 'length bias', 'token-mean'],
    [{ loss: { policy: { kind: 'gmpo' } } }, 'sequence loss', 'seq-mean-token-mean'],
    [{ loss: { policy: { kind: 'policy-gradient' } }, minibatches: 4 }, 'uncorrected updates', 'minibatches'],
    [{ loss: { policy: { kind: 'policy-gradient' } }, staleness: 1 }, 'uncorrected updates', 'staleness'],
    [{ sampling: { temperature: 0, maxTokens: 9 } }, 'greedy rollouts', 'sampling.temperature'],
    [{ maxPositions: 96 }, 'context', 'sampling.maxTokens'],
  ])('%j', (changes, id, remedy) => {
    const warnings = ofSettings(changes);
    expect(Object.keys(warnings)).toEqual([id]);
    expect(warnings[id]).toContain(remedy);
  });
});

describe('warnOfStep', () => {
  it('says nothing of a healthy step', () => {
    expect(ofStep({})).toEqual({});
  });

  it('tells of answers in cut responses where a reward is paid for them', () => {
    const cut = (rewards: object) =>
      ofStep({ 'completions/clipped_ratio': 1 }, { rewards: rewardsSchema.parse(rewards) }).truncation;
    expect(cut({ accuracy: {} })).toContain('has no answer');
    expect(cut({ accuracy: { weight: 0 }, format: {} })).not.toContain('answer');
  });

  it.each([
    [{ 'completions/clipped_ratio': 0.75 }, 'truncation', '75 % of the completions were cut at 96 tokens'],
    [{ frac_reward_zero_std: 1 }, 'no signal', 'groupSize'],
    [{ 'completions/unscored_ratio': 0.6 }, 'unscored', 'reference answers'],
    [{ 'sampling/sampling_logp_difference/mean': 0.1 }, 'log-prob drift', 'loss.samplerCorrection'],
    [{ log_ratio_overflow: 3 }, 'log-ratio overflow', '3 tokens'],
    [{ 'clip_ratio/low_mean': 0.3, 'clip_ratio/high_mean': 0.3 }, 'clipping', '60 % of the tokens'],
    [{ 'sampling/importance_bounded_ratio': 0.9 }, 'masking', '90 % of the importance weights'],
    [{ loss: 1e-9 }, 'loss near zero', 'weighted mean of the advantages'],
    [{ 'prompts/max_length': 33 }, 'context', 'a prompt of 33 tokens and a response of 96'],
  ])('%j', (changes, id, text) => {
    const warnings = ofStep(changes);
    expect(Object.keys(warnings)).toEqual([id]);
    expect(warnings[id]).toContain(text);
  });

  it('dynamic sampling that ran out of draws', () => {
    const changes = { 'dynamic_sampling/kept_groups': 1, 'dynamic_sampling/attempts': 10 };
    expect(ofStep(changes)).toEqual({});
    const warnings = ofStep(changes, { dynamicSampling: { attempts: 10 } });
    expect(warnings['dynamic sampling']).toContain('1 groups with a signal in 10 draws, not 4');
  });

  it('takes rollouts that are old on purpose for no drift', () => {
    const changes = { 'sampling/sampling_logp_difference/mean': 0.1 };
    expect(ofStep(changes, { staleness: 1 })).toEqual({});
  });

  it('everything cut and left out', () => {
    const loss = lossSchema.parse({ maskTruncated: true });
    const warnings = ofStep({ 'completions/clipped_ratio': 1 }, { loss });
    expect(warnings['all masked']).toContain('taught nothing');
  });
});
