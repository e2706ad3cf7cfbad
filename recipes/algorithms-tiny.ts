/**
 * Every algorithm preset on the small world: the same base model, rollouts, rewards and learning rate; only the settings
 * that make the algorithm differ, its sizes shrunk to the world's.
 *
 *   aha run recipes/algorithms-tiny.ts
 */
import { defineRecipe, type PresetName, presets } from '@aha-r1/aha';

const BASE = 'models/tiny-base';

const evaluation = {
  stage: 'evaluate' as const,
  template: 'plain' as const,
  prompts: [{ task: 'chain' as const }],
  greedyProblems: 512,
  problems: 64,
  samples: 16,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 96 },
};

/** The world's sizes in place of a preset's own; one update a rollout where the preset asks for one. */
function training(name: PresetName) {
  const preset = presets[name];
  return {
    ...preset,
    stage: 'rl' as const,
    name: name.replaceAll('+', '-plus'),
    model: BASE,
    template: 'plain' as const,
    prompts: [{ task: 'chain' as const }],
    rewards: { accuracy: {}, format: {} },
    steps: 60,
    promptsPerStep: 16,
    groupSize: 16,
    minibatches: 'minibatches' in preset && preset.minibatches === 1 ? 1 : 4,
    sampling: { temperature: 1, maxTokens: 96 },
    optimizer: { peak: 1e-4, warmup: 5, shape: 'linear' as const, floor: 0.1 },
  };
}

const grpo = training('grpo');
/** PPO's clipping in place of R1's ε of 10, with the same four updates on each rollout. */
const tightly = {
  ...grpo,
  name: 'grpo-clip-02',
  loss: { ...presets.grpo.loss, policy: { kind: 'surrogate' as const, clipLow: 0.2, clipHigh: 0.2 } },
};
const ppo = training('ppo');
const shortSighted = { ...ppo, name: 'ppo-095', critic: { ...presets.ppo.critic, lambda: 0.95 } };

/** One update a rollout: nothing is off-policy, and only the weight of each token's gradient differs. */
const once = { ...grpo, name: 'grpo-once', minibatches: 1 };
const oncePrinted = { ...training('grpo-printed'), name: 'grpo-printed-once', minibatches: 1 };

const arms = [
  ...(Object.keys(presets) as PresetName[]).map(training),
  tightly,
  once,
  oncePrinted,
  shortSighted,
];

export default defineRecipe({
  name: 'algorithms-tiny',
  title: 'The algorithm presets on the small world',
  stages: [
    { ...evaluation, name: 'evaluate-base', label: 'Base', checkpoint: BASE },
    ...arms.flatMap((arm) => [
      arm,
      { ...evaluation, name: `evaluate-${arm.name}`, label: arm.name, checkpoint: `@${arm.name}` },
    ]),
  ],
});
