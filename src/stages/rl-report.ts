/**
 * @file What one step of reinforcement learning measured, under the names TRL users know, and warnings in plain words.
 */
import { fractionWithoutSignal } from '../advantage/index.ts';
import type { Sample, StepReport } from '../records.ts';
import type { PolicyUpdateResult } from './policy-update.ts';
import type { Watcher } from './stage.ts';

export interface StepFacts {
  /** Rollouts done, this one included. */
  readonly step: number;
  readonly samples: readonly Sample[];
  readonly updates: readonly PolicyUpdateResult[];
  readonly seconds: { readonly rollout: number; readonly total: number };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

/** One line of metrics.jsonl. Means over completions or over response tokens; unscorable completions are left out. */
export function stepReport({ step, samples, updates, seconds }: StepFacts): StepReport {
  const completions = samples.map(({ scored }) => scored.completion);
  const rewards = samples.flatMap(({ scored }) => (scored.reward === null ? [] : [scored.reward]));
  const lengths = completions.map(({ tokens }) => tokens.length);
  const sequences = completions.map(({ promptTokens, tokens }) => promptTokens.length + tokens.length);
  const tokens = sequences.reduce((sum, length) => sum + length, 0);
  const cut = completions.filter(({ finish }) => finish === 'length').length;
  return {
    step,
    reward: mean(rewards),
    reward_std: deviation(rewards),
    ...partMeans(samples),
    'completions/mean_length': mean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/clipped_ratio': cut / completions.length,
    'completions/unscored_ratio': 1 - rewards.length / samples.length,
    frac_reward_zero_std: fractionWithoutSignal(
      samples.map(({ scored }) => scored.reward),
      samples.map(({ group }) => group),
    ),
    ...updateMeans(updates),
    num_tokens: tokens,
    tokens_per_second: tokens / seconds.total,
    seconds: seconds.total,
    'seconds/rollout': seconds.rollout,
  };
}

function partMeans(samples: readonly Sample[]): Record<string, number> {
  const names = Object.keys(samples[0]?.scored.parts ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = samples.flatMap(({ scored }) => scored.parts[name] ?? []);
      return [`rewards/${name}/mean`, mean(values)];
    }),
  );
}

function updateMeans(updates: readonly PolicyUpdateResult[]): Record<string, number> {
  const tokens = updates.reduce((sum, update) => sum + update.tokens, 0);
  const perToken = (pick: (update: PolicyUpdateResult) => number): number =>
    tokens === 0 ? 0 : updates.reduce((sum, update) => sum + pick(update), 0) / tokens;
  return {
    loss: mean(updates.map(({ loss }) => loss)),
    grad_norm: mean(updates.map(({ gradNorm }) => gradNorm)),
    learning_rate: updates.at(-1)?.learningRate ?? 0,
    entropy: perToken(({ entropy }) => entropy),
    kl: perToken(({ kl }) => kl),
    'clip_ratio/low_mean': perToken(({ clippedLow }) => clippedLow),
    'clip_ratio/high_mean': perToken(({ clippedHigh }) => clippedHigh),
    policy_kl: perToken(({ approximateKl }) => approximateKl),
    // The first update sees the weights that sampled: what differs is numerics alone.
    'sampling/sampling_logp_difference/mean':
      (updates[0]?.distance ?? 0) / Math.max(1, updates[0]?.tokens ?? 0),
  };
}

/** Warnings for what silently ruins a run; each is shown once. */
export function warnOfTraps(
  report: StepReport,
  config: { readonly sampling: { readonly maxTokens: number } },
  watcher: Watcher,
): void {
  const value = (name: string): number => report[name] ?? 0;
  if (value('completions/clipped_ratio') > 0.5) {
    const share = Math.round(100 * value('completions/clipped_ratio'));
    watcher.warn(
      'truncation',
      `${share} % of the completions were cut at ${config.sampling.maxTokens} tokens and cannot be right: raise \`sampling.maxTokens\``,
    );
  }
  if (value('frac_reward_zero_std') === 1) {
    watcher.warn(
      'no signal',
      'in every group all rewards were equal, so this step taught nothing: problems of mixed difficulty, or a larger `groupSize`, give a signal',
    );
  }
  if (value('completions/unscored_ratio') > 0.5) {
    watcher.warn(
      'unscored',
      'most completions could not be scored: check the reference answers of the prompts',
    );
  }
  if (value('sampling/sampling_logp_difference/mean') > 0.05) {
    watcher.warn(
      'log-prob drift',
      'sampler and trainer disagree about log-probabilities by more than 0.05 a token: training is off-policy without knowing it',
    );
  }
}
