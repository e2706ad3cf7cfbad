/**
 * @file Warnings in plain words for what silently ruins a run of reinforcement learning, each with what to do about it.
 *
 * Some can be seen in the settings before the first step, others only in what a step measured. Each is shown once.
 */

import type { Watcher } from '../run/stage.ts';
import { type AdvantageName, isGroupRelative } from './advantage/index.ts';
import type { RlConfig } from './config.ts';
import { isSequenceLoss, type LossConfig } from './loss/index.ts';
import type { Metrics } from './training-loop.ts';
import { rightRewards } from './validation-metrics.ts';

/** The settings of the stage that can ruin a run. */
export interface Settings extends Pick<RlConfig, 'promptsPerStep' | 'groupSize' | 'dynamicSampling'> {
  readonly advantage: AdvantageName;
  readonly loss: LossConfig;
  readonly minibatches: number;
  readonly staleness: number;
  readonly sampling: { readonly temperature: number; readonly maxTokens: number };
  /** The rewards that are paid. */
  readonly rewards?: RlConfig['rewards'];
  /** Longest context the policy was made for. */
  readonly maxPositions: number;
}

interface Warning {
  readonly id: string;
  readonly when: boolean;
  readonly text: string;
}

function warn(warnings: readonly Warning[], watcher: Pick<Watcher, 'warn'>): void {
  for (const { id, when, text } of warnings) if (when) watcher.warn(id, text);
}

/** Warns of what the settings themselves show. */
export function warnOfSettings(config: Settings, watcher: Pick<Watcher, 'warn'>): void {
  const { policy, aggregation, kl } = config.loss;
  const perSequence = isSequenceLoss(policy);
  warn(
    [
      {
        id: 'group of one',
        when: config.groupSize === 1 && isGroupRelative(config.advantage),
        text: `advantage "${config.advantage}" compares completions of one prompt, and \`groupSize\` is 1: nothing will be learnt; raise it, or use "reinforce++"`,
      },
      {
        id: 'KL without a gradient',
        when: kl.coefficient > 0 && kl.in === 'loss' && kl.estimator === 'k1',
        text: 'the gradient of k1 in the loss is zero on average, so it holds nothing back: use `loss.kl.estimator` "k2" or "k3-unbiased", or `loss.kl.in` "reward"',
      },
      {
        id: 'length bias',
        when: aggregation === 'seq-mean-token-mean' && policy.kind === 'surrogate' && !perSequence,
        text: 'aggregation "seq-mean-token-mean" divides by each response\'s own length: long wrong answers are let off lightly and short right ones favoured; "token-mean" and "constant" do not',
      },
      {
        id: 'sequence loss',
        when: aggregation !== 'seq-mean-token-mean' && perSequence,
        text: `the loss is one number for a response, and aggregation "${aggregation}" makes long responses count more: it is defined with "seq-mean-token-mean"`,
      },
      {
        id: 'uncorrected updates',
        when: policy.kind === 'policy-gradient' && (config.minibatches > 1 || config.staleness > 0),
        text: `"policy-gradient" has no ratio, and ${config.minibatches} updates on each rollout, ${config.staleness} steps old, learn from samples of an older policy uncorrected: use \`minibatches\` 1 and \`staleness\` 0, or the policy loss "surrogate" or "cispo"`,
      },
      {
        id: 'greedy rollouts',
        when: config.sampling.temperature === 0,
        text: 'completions sampled at temperature 0 are all the same, so that no group teaches anything: raise `sampling.temperature`',
      },
      {
        id: 'context',
        when: config.sampling.maxTokens >= config.maxPositions,
        text: `responses may have ${config.sampling.maxTokens} tokens, and the model was made for ${config.maxPositions}, prompt included: lower \`sampling.maxTokens\``,
      },
    ],
    watcher,
  );
}

/** Warns of what a step measured. */
export function warnOfStep(report: Metrics, config: Settings, watcher: Pick<Watcher, 'warn'>): void {
  const value = (name: string): number => report[name] ?? 0;
  const percent = (name: string): string => `${Math.round(100 * value(name))} %`;
  warn([...rolloutWarnings(value, percent, config), ...updateWarnings(value, percent, config)], watcher);
}

/** Whether a reward is paid for right answers. */
function paysRight({ rewards = {} }: Settings): boolean {
  const weights: { readonly [name: string]: { readonly weight: number } | undefined } = rewards;
  return rightRewards(rewards).some((name) => weights[name]!.weight !== 0);
}

type Value = (name: string) => number;
type Percent = (name: string) => string;

function rolloutWarnings(value: Value, percent: Percent, config: Settings): Warning[] {
  const cut = 'completions/clipped_ratio';
  const longest = value('prompts/max_length') + config.sampling.maxTokens;
  return [
    {
      id: 'context',
      when: longest > config.maxPositions,
      text: `a prompt of ${value('prompts/max_length')} tokens and a response of ${config.sampling.maxTokens} are more than the ${config.maxPositions} positions the model was made for: lower \`sampling.maxTokens\`, or leave out long prompts`,
    },
    {
      id: 'truncation',
      when: value(cut) > 0.5,
      text: `${percent(cut)} of the completions were cut at ${config.sampling.maxTokens} tokens${paysRight(config) ? ', and a thought that is cut has no answer' : ''}: raise \`sampling.maxTokens\``,
    },
    {
      id: 'all masked',
      when: value(cut) === 1 && config.loss.maskTruncated,
      text: 'every completion was cut and `loss.maskTruncated` leaves those out, so this step taught nothing: raise `sampling.maxTokens`',
    },
    {
      id: 'no signal',
      when: value('frac_reward_zero_std') === 1,
      text: 'in every group all rewards were equal, so this step taught nothing: problems of mixed difficulty, or a larger `groupSize`, give a signal',
    },
    {
      id: 'dynamic sampling',
      when:
        config.dynamicSampling !== undefined && value('dynamic_sampling/kept_groups') < config.promptsPerStep,
      text: `dynamic sampling found ${value('dynamic_sampling/kept_groups')} groups with a signal in ${value('dynamic_sampling/attempts')} draws, not ${config.promptsPerStep}: the step is smaller; choose problems that are sometimes solved, or raise \`dynamicSampling.attempts\``,
    },
    {
      id: 'unscored',
      when: value('completions/unscored_ratio') > 0.5,
      text: 'most completions could not be scored: check the reference answers of the prompts',
    },
  ];
}

function updateWarnings(value: Value, percent: Percent, config: Settings): Warning[] {
  const { policy } = config.loss;
  const clipped = value('clip_ratio/low_mean') + value('clip_ratio/high_mean');
  return [
    {
      id: 'log-prob drift',
      // Where rollouts are older than the weights, the difference is meant.
      when: config.staleness === 0 && value('sampling/sampling_logp_difference/mean') > 0.05,
      text: 'sampler and trainer disagree about log-probabilities by more than 0.05 a token: training is off-policy without knowing it; `loss.samplerCorrection` weighs for it',
    },
    {
      id: 'log-ratio overflow',
      when: value('log_ratio_overflow') > 0,
      text: `the policy moved by a factor of more than e²⁰ on ${value('log_ratio_overflow')} tokens within one rollout; the ratio is bounded there, but the learning rate is too high or sampler and trainer differ`,
    },
    {
      id: 'clipping',
      // Sequence ratios are clipped on half the responses by design; cispo's bound takes no gradient away.
      when: clipped > 0.5 && policy.kind === 'surrogate' && policy.ratio === 'token',
      text: `${Math.round(100 * clipped)} % of the tokens were clipped and taught nothing: widen \`loss.policy\`'s clip range, or lower the learning rate or \`minibatches\``,
    },
    {
      id: 'masking',
      when: value('sampling/importance_bounded_ratio') > 0.5,
      text: `${percent('sampling/importance_bounded_ratio')} of the importance weights were bounded: sampler and trainer are far apart, look for the cause`,
    },
    {
      id: 'loss near zero',
      when: Math.abs(value('loss')) < 1e-4 && value('grad_norm') > 0,
      text: 'the loss is near 0, which is no fault: on responses just sampled it is a weighted mean of the advantages, in which good and bad responses cancel, and its gradient is not 0; the reward shows whether it learns',
    },
  ];
}
