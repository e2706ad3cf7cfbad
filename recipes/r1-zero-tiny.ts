/**
 * R1-Zero in minutes: the shipped base model learns to reason by reinforcement learning alone, with a reward for the
 * right answer and one for the format, and no example of reasoning.
 *
 *   aha run recipes/r1-zero-tiny.ts
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

export default defineRecipe({
  name: 'r1-zero-tiny',
  title: 'R1-Zero on a laptop: a base model learns to reason by reinforcement learning alone',
  about: `
The base model (models/tiny-base, 0.7M parameters) was trained on arithmetic such as
  User: what is 35 - 10 * 3 ? Assistant: 75          (from left to right; English or Chinese)
mostly answered at once, often wrongly. One document in seven thinks first. From here on nobody shows it
how to think: it samples 16 answers to a question, those that are right or in the form
  <think> … </think> <answer> … </answer>
are rewarded, and GRPO makes what was better than its group likelier.`,
  stages: [
    { ...evaluation, name: 'evaluate-base', label: 'Base', checkpoint: 'models/tiny-base' },
    {
      stage: 'rl',
      name: 'R1-Zero',
      model: 'models/tiny-base',
      template: 'plain',
      prompts: [{ task: 'chain' }],
      rewards: { accuracy: {}, format: {} },
      steps: 60,
      promptsPerStep: 16,
      groupSize: 16,
      minibatches: 4,
      sampling: { temperature: 1, maxTokens: 96 },
      advantage: 'grpo',
      // R1's own ε: almost nothing is clipped. Token mean, because 1/|o| rewards short guesses in this world.
      loss: { policy: { kind: 'surrogate', clipLow: 10, clipHigh: 10 }, aggregation: 'token-mean' },
      optimizer: { peak: 1e-4, warmup: 5, shape: 'linear', floor: 0.1 },
    },
    { ...evaluation, name: 'evaluate-r1-zero', label: 'R1-Zero', checkpoint: '@R1-Zero' },
  ],
});
