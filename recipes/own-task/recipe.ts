import { defineRecipe } from '@aha-r1/aha';

const check = {
  stage: 'evaluate' as const,
  template: 'plain' as const,
  prompts: [{ task: 'file' as const, path: 'test.jsonl' }],
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 48 },
};

export default defineRecipe({
  name: 'own-task',
  stages: [
    { ...check, name: 'before', checkpoint: 'models/tiny-base' },
    {
      stage: 'rl',
      name: 'train',
      model: 'models/tiny-base',
      template: 'plain',
      prompts: [{ task: 'file', path: 'train.jsonl' }],
      rewards: { custom: { file: 'reward.ts' }, format: {} },
      steps: 20,
      promptsPerStep: 16,
      minibatches: 4,
      sampling: { maxTokens: 48 },
      optimizer: { peak: 1e-4 },
    },
    { ...check, name: 'after', checkpoint: '@train' },
  ],
});
