/**
 * Self-correction under GRPO, GRPO as printed, Dr. GRPO, DAPO and PPO: the same base model, rollouts and learning rate; only
 * the settings that make the algorithm differ, its sizes shrunk to the world's.
 *
 *   aha run recipes/aha/algorithms.ts
 */
import { defineRecipe, type PresetName, presets } from '@aha-r1/aha';
import { BASE, decay, evaluation, reinforcement, rewards } from './settings.ts';

/** A preset with the sizes of the world in place of its own. */
function arm(name: PresetName) {
  const preset = presets[name];
  const { model, template, prompts, steps, promptsPerStep, groupSize, minibatches, sampling, optimizer } =
    reinforcement;
  return {
    ...preset,
    stage: 'rl' as const,
    name,
    model,
    template,
    prompts,
    // DAPO's penalty for overlong responses beside the rewards of the world.
    rewards: name === 'dapo' ? { ...rewards, length: {} } : rewards,
    steps,
    promptsPerStep,
    groupSize,
    minibatches,
    sampling,
    optimizer,
  };
}

const ppo = arm('ppo');
const arms = [
  arm('grpo'),
  arm('grpo-printed'),
  arm('dr-grpo'),
  arm('dapo'),
  // The critic learns faster than the policy moves.
  { ...ppo, critic: { ...presets.ppo.critic, optimizer: decay(5e-4) } },
];

export default defineRecipe({
  name: 'aha-algorithms',
  title: 'Self-correction under five algorithms',
  stages: [evaluation('Base', BASE), ...arms.flatMap((one) => [one, evaluation(one.name, `@${one.name}`)])],
});
