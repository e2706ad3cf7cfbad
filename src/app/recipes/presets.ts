/**
 * @file Algorithms by name: nothing but settings of the stage `rl`, for a recipe to spread and then change.
 *
 *   { stage: 'rl', ...presets.dapo, name: 'zero', model: …, prompts: …, steps: 200, optimizer: { peak: 1e-6 } }
 *
 * A preset holds what its paper says of rollout, advantage and loss; sizes are the paper's and want shrinking in a small
 * run. Nested settings are replaced whole: `loss: { ...presets.dapo.loss, maskTruncated: true }` changes one.
 */
import type { StageConfig } from './recipe.ts';

/** What a preset may set. */
type Preset = Partial<
  Omit<Extract<StageConfig, { stage: 'rl' }>, 'stage' | 'name' | 'model' | 'prompts' | 'steps'>
>;

/** DeepSeek-R1 (arXiv 2501.12948): almost nothing clipped, 16 updates on each rollout of 512 questions. */
const r1 = {
  promptsPerStep: 512,
  groupSize: 16,
  minibatches: 16,
  advantage: 'grpo',
} as const satisfies Preset;

const r1Loss = {
  policy: { kind: 'surrogate', clipLow: 10, clipHigh: 10 },
  kl: { coefficient: 0.001, estimator: 'k3', referenceEvery: 400 },
} as const satisfies Preset['loss'];

export const presets = {
  /** R1's settings with every token counting the same. */
  grpo: { ...r1, loss: { ...r1Loss, aggregation: 'token-mean' } },

  /** GRPO as printed, 1/|o| of each response: in small worlds it can collapse to short guesses. */
  'grpo-printed': { ...r1, loss: { ...r1Loss, aggregation: 'seq-mean-token-mean' } },

  /** Dr. GRPO (arXiv 2503.20783): no deviation, a constant divisor (`sampling.maxTokens` of each response), no KL. */
  'dr-grpo': {
    promptsPerStep: 128,
    groupSize: 8,
    advantage: 'dr-grpo',
    loss: { policy: { kind: 'surrogate', clipLow: 0.2, clipHigh: 0.2 }, aggregation: 'constant' },
  },

  /** DAPO (arXiv 2503.14476): clip-higher, dynamic sampling, token mean, soft penalty for overlong responses, no KL. */
  dapo: {
    promptsPerStep: 512,
    groupSize: 16,
    minibatches: 16,
    dynamicSampling: { attempts: 10 },
    rewards: { accuracy: {}, length: {} },
    advantage: 'grpo',
    loss: { policy: { kind: 'surrogate', clipLow: 0.2, clipHigh: 0.28 }, aggregation: 'token-mean' },
  },

  /** GSPO (arXiv 2507.18071): the ratio of the whole response, clipped tightly; 4 updates on each rollout. */
  gspo: {
    minibatches: 4,
    advantage: 'grpo',
    loss: {
      policy: { kind: 'surrogate', ratio: 'sequence', clipLow: 3e-4, clipHigh: 4e-4 },
      aggregation: 'seq-mean-token-mean',
    },
  },

  /** CISPO (arXiv 2506.13585) with ScaleRL's bound: importance weights up to 5, none below, every token learnt from. */
  cispo: {
    minibatches: 16,
    advantage: 'grpo',
    loss: { policy: { kind: 'cispo', clipLow: 1, clipHigh: 4 }, aggregation: 'token-mean' },
  },

  /** RLOO (arXiv 2402.14740): REINFORCE on whole responses against the others' mean, KL to the first model in the reward. */
  rloo: {
    minibatches: 1,
    advantage: 'rloo',
    loss: {
      policy: { kind: 'policy-gradient' },
      aggregation: 'seq-mean-token-sum',
      kl: { coefficient: 0.05, estimator: 'k1', in: 'reward', referenceEvery: null },
    },
  },

  /** REINFORCE++ (arXiv 2501.03262): advantages normalised over the rollout, KL per token in the reward. */
  'reinforce++': {
    advantage: 'reinforce++',
    loss: {
      policy: { kind: 'surrogate', clipLow: 0.2, clipHigh: 0.2 },
      aggregation: 'token-mean',
      kl: { coefficient: 0.01, estimator: 'k1', in: 'reward', referenceEvery: null },
    },
  },

  /** PPO (arXiv 1707.06347) with a critic of its own; λ 1, as R1's authors found it must be for long thoughts. */
  ppo: {
    minibatches: 4,
    advantage: 'gae',
    critic: { kind: 'separate', lambda: 1, gamma: 1, clip: 0.2 },
    loss: {
      policy: { kind: 'surrogate', clipLow: 0.2, clipHigh: 0.2 },
      aggregation: 'token-mean',
      kl: { coefficient: 0.001, estimator: 'k1', in: 'reward', referenceEvery: null },
    },
  },

  /** GPG (arXiv 2504.02546): the policy gradient, scaled up for groups without a signal; no clip, no KL. */
  gpg: {
    minibatches: 1,
    advantage: 'gpg',
    loss: { policy: { kind: 'policy-gradient' }, aggregation: 'token-mean' },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;
