/**
 * Reward hacking: a policy trained for long on a reward model alone. What the model says of the replies goes on rising;
 * how good they are, by the rule that the judges had in mind, rises first and falls again.
 *
 *   aha run recipes/reward-hacking.ts
 *
 * In the metrics of the stage `hacked`, rewards/helpful/mean is what is paid, and rewards/wanted/mean (weight 0) what is
 * meant. The stage `held` has the same rewards and a KL to where it began. docs/reward-models.md has the curves.
 */
import { defineRecipe } from '@aha-r1/aha';

const BASE = 'models/tiny-base';
const template = 'plain' as const;

const training = {
  stage: 'rl' as const,
  model: '@tuned',
  template,
  prompts: [{ task: 'general' as const, greet: 0, identity: 0, echo: 0, tell: 1, secret: 0 }],
  rewards: { helpful: { model: '@helpful', scale: 'raw' as const }, wanted: { weight: 0 } },
  steps: 100,
  promptsPerStep: 32,
  groupSize: 8,
  minibatches: 2,
  sampling: { temperature: 1, maxTokens: 64 },
  optimizer: { peak: 1e-4, warmup: 5 },
};
const loss = {
  policy: { kind: 'surrogate' as const, clipLow: 10, clipHigh: 10 },
  aggregation: 'token-mean' as const,
};

export default defineRecipe({
  name: 'reward-hacking',
  title: 'What a policy makes of a reward model',
  stages: [
    {
      stage: 'sft',
      name: 'tuned',
      model: BASE,
      template,
      data: [
        { source: 'cold-start', count: 600 },
        { source: 'general', count: 900 },
      ],
      epochs: 2,
      packing: { rowLength: 192, rowsPerStep: 8 },
      optimizer: { peak: 6e-4, warmup: 10, shape: 'cosine', floor: 0.1 },
    },
    {
      stage: 'reward-model',
      name: 'helpful',
      model: '@tuned',
      template,
      kind: 'pairwise',
      reads: 'answer',
      // No judge ever saw a reply that says too much: the model never learns what that is worth.
      data: [
        {
          source: 'world-pairs',
          count: 3000,
          replies: { full: 0.3, curt: 0.3, wrong: 0.25, echo: 0.15, repeated: 0, more: 0 },
        },
      ],
      epochs: 2,
      batchSize: 32,
      optimizer: { peak: 3e-4, warmup: 10, shape: 'cosine', floor: 0.1 },
    },
    { ...training, name: 'hacked', loss },
    { ...training, name: 'held', loss: { ...loss, kl: { coefficient: 0.1 } } },
  ],
});
