/**
 * What the reward for keeping to one language does: the reasoning RL of R1, with it and without, from one cold start.
 *
 *   aha run recipes/language-reward-tiny.ts
 */
import { defineRecipe } from '@aha-r1/aha';

const template = 'plain' as const;

const evaluation = (name: string, checkpoint: string) => ({
  stage: 'evaluate' as const,
  name: `evaluate-${name}`,
  label: name,
  checkpoint,
  template,
  prompts: [{ task: 'chain' as const }],
  greedyProblems: 512,
  problems: 64,
  samples: 16,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 96 },
});

const reasoning = {
  stage: 'rl' as const,
  model: '@cold-start',
  template,
  prompts: [{ task: 'chain' as const }],
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

export default defineRecipe({
  name: 'language-reward-tiny',
  title: 'Reasoning RL with and without the language reward',
  stages: [
    {
      stage: 'sft',
      name: 'cold-start',
      model: 'models/tiny-base',
      template,
      data: [{ source: 'cold-start', count: 150, maxNumbers: 3 }],
      epochs: 2,
      batchSize: 16,
      optimizer: { peak: 2e-4, warmup: 10, shape: 'cosine', floor: 0.1 },
    },
    evaluation('cold-start', '@cold-start'),
    { ...reasoning, name: 'with', rewards: { accuracy: {}, format: {}, language: {} } },
    evaluation('with', '@with'),
    // Weight 0 records it without paying.
    { ...reasoning, name: 'without', rewards: { accuracy: {}, format: {}, language: { weight: 0 } } },
    evaluation('without', '@without'),
  ],
});
