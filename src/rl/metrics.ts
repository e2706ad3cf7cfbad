/** @file Metrics of one step of reinforcement learning, under the names of TRL. */

import type { Revision, Scored } from '../records.ts';
import { REFLECTION_WORDS } from '../text/index.ts';
import { fractionWithoutSignal } from './advantage/index.ts';
import type { Advantages } from './advantages.ts';
import type { RlConfig } from './config.ts';
import type { Groups } from './dynamic-sampling.ts';
import type { Metrics } from './training-loop.ts';
import type { PolicyUpdateResult } from './update.ts';

export interface StepFacts {
  readonly groups: Groups;
  readonly config: Pick<RlConfig, 'groupSize' | 'dynamicSampling'> & { readonly staleness?: number };
  readonly advantages?: Omit<Advantages, 'samples'>;
  readonly updates: readonly PolicyUpdateResult[];
  /** Sampling, and all from the advantages to the last optimiser step of the rollout. */
  readonly seconds: { readonly [phase: string]: number };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

/**
 * The metrics of a step beside those of its time. Means over completions or over response tokens; unscorable completions are left out, groups
 * that dynamic sampling threw away are not: what the policy earns is measured on all it sampled.
 */
export function stepMetrics({ groups, config, advantages = {}, updates, seconds }: StepFacts): Metrics {
  const scored = [...groups.kept, ...groups.discarded];
  const completions = scored.map(({ completion }) => completion);
  const rewards = scored.flatMap(({ reward }) => reward ?? []);
  const lengths = completions.map(({ tokens }) => tokens.length);
  const sequences = completions.map(({ promptTokens, tokens }) => promptTokens.length + tokens.length);
  const tokens = sequences.reduce((sum, length) => sum + length, 0);
  const learnt = sequences.slice(0, groups.kept.length).reduce((sum, length) => sum + length, 0);
  const sampled = lengths.reduce((sum, length) => sum + length, 0);
  const cut = completions.filter(({ finish }) => finish === 'length').length;
  return {
    reward: mean(rewards),
    reward_std: deviation(rewards),
    ...partMeans(scored),
    ...failureCounts(scored),
    'prompts/max_length': Math.max(...completions.map(({ promptTokens }) => promptTokens.length)),
    'completions/mean_length': mean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    ...lengthPercentiles(lengths),
    'completions/clipped_ratio': cut / completions.length,
    'completions/unscored_ratio': 1 - rewards.length / scored.length,
    frac_reward_zero_std: fractionWithoutSignal(
      scored.map(({ reward }) => reward),
      scored.map((_, i) => Math.floor(i / config.groupSize)),
    ),
    ...(config.dynamicSampling && {
      'dynamic_sampling/attempts': groups.attempts,
      'dynamic_sampling/kept_groups': groups.kept.length / config.groupSize,
      'dynamic_sampling/discarded_groups': groups.discarded.length / config.groupSize,
    }),
    ...reflectionMeans(scored),
    ...updateMeans(updates),
    ...criticMeans(updates, advantages),
    ...(advantages.kl !== undefined && { kl: advantages.kl }),
    num_tokens: tokens,
    // A rollout sampled ahead of its step took none of this step's time.
    ...(!config.staleness && { 'tokens_per_second/rollout': sampled / seconds.rollout! }),
    'tokens_per_second/update': learnt / seconds.update!,
  };
}

/** The critic's part, under the names of TRL's PPO trainer; nothing without a critic. */
function criticMeans(
  updates: readonly PolicyUpdateResult[],
  { explainedVariance }: Omit<Advantages, 'samples'>,
): Record<string, number> {
  if (explainedVariance === undefined) return {};
  const critics = updates.flatMap(({ critic }) => critic ?? []);
  const tokens = critics.reduce((sum, critic) => sum + critic.tokens, 0);
  return {
    'loss/value_avg': mean(critics.map(({ loss }) => loss)),
    'val/clipfrac_avg': critics.reduce((sum, { clipped }) => sum + clipped, 0) / Math.max(1, tokens),
    'val/var_explained': explainedVariance,
    'val/grad_norm': mean(critics.map(({ gradNorm }) => gradNorm)),
    'val/learning_rate': critics.at(-1)?.learningRate ?? 0,
  };
}

/** Nearest-rank percentiles: each is the length of a completion. */
function lengthPercentiles(lengths: readonly number[]): Record<string, number> {
  const sorted = lengths.toSorted((a, b) => a - b);
  return Object.fromEntries(
    [10, 50, 90, 99].map((percent) => [
      `completions/length_p${percent}`,
      sorted[Math.ceil((percent / 100) * sorted.length) - 1]!,
    ]),
  );
}

/** Completions that a reward failed on, such as a script that throws; nothing of a reward that never failed. */
function failureCounts(scored: readonly Scored[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of scored.flatMap(({ failures }) => Object.keys(failures ?? {}))) {
    counts[`rewards/${name}/failed`] = (counts[`rewards/${name}/failed`] ?? 0) + 1;
  }
  return counts;
}

/** Nothing of a reward that could score none of the step's completions: that is not the same as 0. */
function partMeans(scored: readonly Scored[]): Record<string, number> {
  const names = Object.keys(scored[0]?.parts ?? {});
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = scored.flatMap(({ parts }) => parts[name] ?? []);
      return values.length === 0 ? [] : [[`rewards/${name}/mean`, mean(values)]];
    }),
  );
}

/** Words of doubt, attempts and changed answers, means over completions; nothing where they were not looked at. */
function reflectionMeans(scored: readonly Scored[]): Record<string, number> {
  const looked = scored.flatMap(({ reflection }) => reflection ?? []);
  if (looked.length === 0) return {};
  const each = REFLECTION_WORDS.map(
    (word) => [word, mean(looked.map(({ words }) => words[word] ?? 0))] as const,
  );
  const share = (revision: Revision) => mean(looked.map((one) => (one.revision === revision ? 1 : 0)));
  return {
    'reflection/words': each.reduce((sum, [, value]) => sum + value, 0),
    ...Object.fromEntries(
      each
        .filter(([word, value]) => value > 0 || word === 'wait')
        .map(([word, value]) => [`reflection/${word}`, value]),
    ),
    'reflection/attempts': mean(looked.map(({ attempts }) => attempts)),
    'reflection/to_right': share('to-right'),
    'reflection/to_wrong': share('to-wrong'),
    'reflection/neither': share('neither'),
  };
}

function updateMeans(updates: readonly PolicyUpdateResult[]): Record<string, number> {
  const tokens = updates.reduce((sum, update) => sum + update.tokens, 0);
  const perToken = (pick: (update: PolicyUpdateResult) => number): number =>
    tokens === 0 ? 0 : updates.reduce((sum, update) => sum + pick(update), 0) / tokens;
  return {
    loss: mean(updates.map(({ loss }) => loss)),
    grad_norm: mean(updates.map(({ gradNorm }) => gradNorm)),
    learning_rate: updates.at(-1)?.learningRate ?? 0,
    // As with the distance below, the first update alone sees the weights that sampled.
    ...((updates[0]?.routed ?? 0) > 0 && {
      'experts/mismatch_ratio': updates[0]!.rerouted / updates[0]!.routed,
    }),
    entropy: perToken(({ entropy }) => entropy),
    kl: perToken(({ kl }) => kl),
    'clip_ratio/low_mean': perToken(({ clippedLow }) => clippedLow),
    'clip_ratio/high_mean': perToken(({ clippedHigh }) => clippedHigh),
    policy_kl: perToken(({ approximateKl }) => approximateKl),
    masked_ratio: perToken(({ masked }) => masked),
    log_ratio_overflow: updates.reduce((sum, { overflow }) => sum + overflow, 0),
    'sampling/importance_bounded_ratio': perToken(({ bounded }) => bounded),
    // The first update sees the weights that sampled: what differs is numerics alone.
    'sampling/sampling_logp_difference/mean':
      (updates[0]?.distance ?? 0) / Math.max(1, updates[0]?.tokens ?? 0),
  };
}
