/**
 * DeepSeek-R1's whole recipe in the small world: R1-Zero, cold start, reasoning RL, rejection sampling, fine-tuning of
 * the base model on that and general data, reward models, RL over all scenarios, and distillation into smaller models.
 *
 *   aha run recipes/r1-tiny.ts
 *
 * docs/r1-tiny.md says what was measured, and how the stages follow the paper's.
 */
import { defineRecipe, type Recipe } from '@aha-r1/aha';

const STUDENT = 'models/tiny-student-llama';
const OTHER_STUDENT = 'models/tiny-student-qwen3';

const chain = [{ task: 'chain' as const }];
const general = [{ task: 'general' as const }];
const template = 'plain' as const;
const exploring = { temperature: 1, maxTokens: 96 };

/** Every checkpoint is asked the same held-out problems. */
const evaluation = (name: string, checkpoint: string) => ({
  stage: 'evaluate' as const,
  name: `evaluate-${name.toLowerCase()}`,
  label: name,
  checkpoint,
  template,
  prompts: chain,
  general: { prompts: general, problems: 128, samples: 4 },
  greedyProblems: 256,
  problems: 64,
  samples: 16,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 96 },
});

/** GRPO as in r1-zero-tiny.ts: four updates a rollout, R1's ε, token mean. */
const reinforcement = {
  stage: 'rl' as const,
  template,
  prompts: chain,
  promptsPerStep: 16,
  groupSize: 16,
  minibatches: 4,
  sampling: exploring,
  advantage: 'grpo' as const,
  loss: {
    policy: { kind: 'surrogate' as const, clipLow: 10, clipHigh: 10 },
    aggregation: 'token-mean' as const,
  },
};

const decay = (peak: number) => ({ peak, warmup: 5, shape: 'linear' as const, floor: 0.1 });
const cosine = (peak: number) => ({ peak, warmup: 10, shape: 'cosine' as const, floor: 0.1 });
/** Keeps what is right, in the form, and in the language of the question. */
const strict = { accuracy: {}, format: {}, language: {} };
const decontaminate = { prompts: chain, count: 512 };

/** The stages from a base model on. @param base - a checkpoint of the small world */
export const stagesFrom = (base: string): Recipe['stages'] => [
  evaluation('Base', base),

  // R1-Zero: reinforcement learning of the base model, no example of reasoning.
  {
    ...reinforcement,
    name: 'R1-Zero',
    model: base,
    rewards: { accuracy: {}, format: {} },
    steps: 60,
    optimizer: decay(1e-4),
  },
  evaluation('R1-Zero', '@R1-Zero'),

  // Cold start: R1-Zero's own thoughts on easy problems, where they are right and keep to one language.
  {
    stage: 'reject',
    name: 'cold-start',
    model: '@R1-Zero',
    template,
    prompts: [{ task: 'chain', minNumbers: 2, maxNumbers: 3 }],
    promptCount: 512,
    samples: 2,
    sampling: exploring,
    rewards: strict,
    keepPerPrompt: 1,
    decontaminate,
  },
  {
    stage: 'sft',
    name: 'Dev1',
    model: base,
    template,
    data: [{ source: 'jsonl', path: '@cold-start/data.jsonl', count: 150 }],
    epochs: 2,
    batchSize: 16,
    optimizer: cosine(2e-4),
  },
  evaluation('Dev1', '@Dev1'),

  // Reasoning RL: as R1-Zero, with the reward for keeping to the language of the question.
  {
    ...reinforcement,
    name: 'Dev2',
    model: '@Dev1',
    rewards: strict,
    steps: 60,
    optimizer: decay(1e-4),
  },
  evaluation('Dev2', '@Dev2'),

  // Rejection sampling, and fine-tuning of the base model on what was kept and on general data.
  {
    stage: 'reject',
    name: 'reasoning-data',
    model: '@Dev2',
    template,
    prompts: chain,
    promptCount: 1536,
    samples: 2,
    sampling: exploring,
    rewards: strict,
    decontaminate,
  },
  {
    stage: 'sft',
    name: 'Dev3',
    model: base,
    template,
    data: [
      { source: 'jsonl', path: '@reasoning-data/data.jsonl' },
      { source: 'general', count: 900 },
    ],
    epochs: 2,
    packing: { rowLength: 192, rowsPerStep: 8 },
    optimizer: cosine(6e-4),
  },
  evaluation('Dev3', '@Dev3'),

  // Reward models, learnt from judged replies.
  {
    stage: 'reward-model',
    name: 'helpful',
    model: '@Dev3',
    template,
    kind: 'pairwise',
    reads: 'answer',
    data: [{ source: 'world-pairs', count: 3000 }],
    epochs: 2,
    batchSize: 32,
    optimizer: cosine(2e-4),
  },
  {
    stage: 'reward-model',
    name: 'harmless',
    model: '@Dev3',
    template,
    kind: 'pointwise',
    reads: 'response',
    data: [{ source: 'world-safety', count: 2000 }],
    epochs: 2,
    batchSize: 32,
    optimizer: cosine(2e-4),
  },

  // RL over all scenarios; general prompts and preference rewards only in the last part of the steps.
  {
    ...reinforcement,
    name: 'R1',
    model: '@Dev3',
    prompts: [
      { task: 'chain', weight: 1 },
      { task: 'general', weight: 1, fromStep: 20 },
    ],
    rewards: { ...strict, helpful: { model: '@helpful' }, harmless: { model: '@harmless' } },
    steps: 60,
    loss: { ...reinforcement.loss, kl: { coefficient: 0.02 } },
    optimizer: decay(7e-5),
  },
  evaluation('R1', '@R1'),

  // Distillation: smaller models imitate R1; beside it the same small model with RL alone.
  {
    stage: 'reject',
    name: 'teacher-data',
    model: '@R1',
    template,
    prompts: [
      { task: 'chain', weight: 3 },
      { task: 'general', weight: 1 },
    ],
    promptCount: 3200,
    samples: 1,
    sampling: exploring,
    rewards: strict,
    unscored: 'keep',
    decontaminate,
  },
  {
    stage: 'sft',
    name: 'Distill-SFT',
    model: STUDENT,
    template,
    data: [{ source: 'jsonl', path: '@teacher-data/data.jsonl' }],
    epochs: 4,
    packing: { rowLength: 192, rowsPerStep: 8 },
    optimizer: cosine(1e-3),
  },
  evaluation('Distill-SFT', '@Distill-SFT'),
  {
    stage: 'sft',
    name: 'Distill-SFT-qwen3',
    model: OTHER_STUDENT,
    template,
    data: [{ source: 'jsonl', path: '@teacher-data/data.jsonl' }],
    epochs: 4,
    packing: { rowLength: 192, rowsPerStep: 8 },
    optimizer: cosine(1e-3),
  },
  evaluation('Distill-SFT-qwen3', '@Distill-SFT-qwen3'),
  {
    ...reinforcement,
    name: 'Distill-RL',
    model: STUDENT,
    rewards: strict,
    steps: 80,
    optimizer: decay(5e-5),
  },
  evaluation('Distill-RL', '@Distill-RL'),
];

export default defineRecipe({
  name: 'r1-tiny',
  title: 'The whole R1 recipe in the small world',
  stages: stagesFrom('models/tiny-base'),
});
