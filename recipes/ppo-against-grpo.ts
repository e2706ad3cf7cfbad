/**
 * Why R1 drops the critic: GRPO, PPO with λ 1 and PPO with λ 0.95 from one base model, with the same rollouts, rewards
 * and policy loss. Only the advantage differs: compared with the group, or with what a critic expected.
 *
 *   aha run recipes/ppo-against-grpo.ts
 */
import { defineRecipe } from '@aha-r1/aha';

const evaluation = {
  stage: 'evaluate' as const,
  template: 'plain' as const,
  prompts: [{ task: 'chain' as const }],
  greedyProblems: 512,
  problems: 64,
  samples: 16,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 96 },
};

const base = 'models/tiny-base';

const training = {
  stage: 'rl' as const,
  model: base,
  template: 'plain' as const,
  prompts: [{ task: 'chain' as const }],
  rewards: { accuracy: {}, format: {} },
  steps: 60,
  promptsPerStep: 16,
  groupSize: 16,
  minibatches: 4,
  sampling: { temperature: 1, maxTokens: 96 },
  loss: {
    policy: { kind: 'surrogate' as const, clipLow: 10, clipHigh: 10 },
    aggregation: 'token-mean' as const,
  },
  optimizer: { peak: 1e-4, warmup: 5, shape: 'linear' as const, floor: 0.1 },
};

/** A second model of the policy's size; it learns faster than the policy moves. */
const critic = {
  kind: 'separate' as const,
  optimizer: { peak: 5e-4, warmup: 5, shape: 'linear' as const, floor: 0.1 },
};

export default defineRecipe({
  name: 'ppo-against-grpo',
  title: 'PPO against GRPO on the small world, with the same rollouts',
  about: `
PPO learns a critic: a second model that foretells the reward at every token, so that a token is credited with what
came beyond that. GRPO asks none: it compares a response with the others to the same question. Same base model, same
number of rollouts, same loss; the last tables say what each reached, and what it took in memory and time.`,
  stages: [
    { ...evaluation, name: 'evaluate-base', label: 'Base', checkpoint: base },
    { ...training, name: 'GRPO', advantage: 'grpo' },
    { ...evaluation, name: 'evaluate-grpo', label: 'GRPO', checkpoint: '@GRPO' },
    { ...training, name: 'PPO', advantage: 'gae', critic: { ...critic, lambda: 1 } },
    { ...evaluation, name: 'evaluate-ppo', label: 'PPO', checkpoint: '@PPO' },
    { ...training, name: 'PPO-095', advantage: 'gae', critic: { ...critic, lambda: 0.95 } },
    { ...evaluation, name: 'evaluate-ppo-095', label: 'PPO λ 0.95', checkpoint: '@PPO-095' },
  ],
});
