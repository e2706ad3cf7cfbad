/**
 * The whole R1 recipe for a real base model and grade-school mathematics: R1-Zero, cold start, reasoning RL, rejection
 * sampling, fine-tuning, reward models, RL over all scenarios, distillation.
 *
 * Put two Hugging Face checkpoint folders (Qwen2.5-0.5B and a smaller student, say SmolLM2-135M) and the files of GSM8K
 * where the paths below point, or change the paths:
 *
 *   aha run recipes/r1-gsm8k.ts --dry-run
 *   aha run recipes/r1-gsm8k.ts
 *
 * Sized for one GPU with 80 GB and a model of 0.5B parameters in float32. The general prompts, preferences and refusals
 * in recipes/r1-gsm8k are a few hundred lines made from templates, enough for every stage to have something to read and
 * too few to make a helpful model: put your own in their place.
 */
import { defineRecipe } from '@aha-r1/aha';

const MODEL = 'models/Qwen2.5-0.5B';
const STUDENT = 'models/SmolLM2-135M';
const TRAIN = 'data/gsm8k/train.jsonl';
const TEST = 'data/gsm8k/test.jsonl';
const OWN = 'r1-gsm8k';

/** The base model has no chat format: one form of question for every stage, so that stages compare. */
const template = 'r1-zero' as const;

/** GSM8K's training problems, less those that share ten words in a row with one of the test. */
const problems = {
  task: 'benchmark' as const,
  name: 'gsm8k',
  path: TRAIN,
  wording: 'none' as const,
  language: 'en',
  decontaminate: [{ benchmark: 'gsm8k', path: TEST }],
};

/** Prompts without a right answer; the names say which reward model judges. */
const general = [
  { task: 'file' as const, name: 'helpful', path: `${OWN}/helpful.jsonl` },
  { task: 'file' as const, name: 'harmless', path: `${OWN}/harmless.jsonl` },
];

/** The answer inside <answer>, compared as mathematics, and the format. */
const rules = { accuracy: { verifier: 'math' as const }, format: {} };
/** Those, and a thought in the language of the question; prompts without a thought to judge are not held to it. */
const strict = { ...rules, language: { wordless: 0 } };

const evaluation = (name: string, checkpoint: string) => ({
  stage: 'evaluate' as const,
  name: `evaluate-${name.toLowerCase()}`,
  label: name,
  checkpoint,
  template,
  prompts: [
    { task: 'benchmark' as const, name: 'gsm8k', path: TEST, wording: 'none' as const, language: 'en' },
  ],
  rewards: strict,
  greedyProblems: 512,
  problems: 64,
  samples: 16,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 1024 },
});

/** GRPO with R1's ε, 512 responses a rollout in four optimiser steps; token mean, warm-up and lengths are our choice. */
const rl = {
  stage: 'rl' as const,
  template,
  prompts: [problems],
  promptsPerStep: 32,
  groupSize: 16,
  minibatches: 4,
  sampling: { temperature: 1, maxTokens: 1024 },
  advantage: 'grpo' as const,
  loss: {
    policy: { kind: 'surrogate' as const, clipLow: 10, clipHigh: 10 },
    aggregation: 'token-mean' as const,
    kl: { coefficient: 0.001, referenceEvery: 400 },
  },
  optimizer: { peak: 1e-6, warmup: 10 },
};

const sft = {
  stage: 'sft' as const,
  template,
  epochs: 2,
  packing: { rowLength: 2048, rowsPerStep: 16 },
  optimizer: { peak: 1e-5, warmup: 10, shape: 'cosine' as const, floor: 0.1 },
};

/** Right answers in the form and in English, without endless repetition. */
const sampled = {
  stage: 'reject' as const,
  template,
  prompts: [problems],
  rewards: strict,
  // English with names and units: nine words in ten.
  minimum: { language: 0.9 },
  filters: { repetition: {} },
  sampling: { temperature: 1, maxTokens: 1024 },
};

const rewardModel = {
  stage: 'reward-model' as const,
  model: '@Dev3',
  template,
  epochs: 1,
  batchSize: 32,
  optimizer: { peak: 6e-6 },
};

export default defineRecipe({
  name: 'r1-gsm8k',
  title: 'The whole R1 recipe on GSM8K',
  stages: [
    evaluation('Base', MODEL),

    // R1-Zero: reinforcement learning alone.
    { ...rl, name: 'R1-Zero', model: MODEL, rewards: rules, steps: 200 },
    evaluation('R1-Zero', '@R1-Zero'),

    // Cold start: R1-Zero's own readable thoughts, and fine-tuning of the base on them.
    {
      ...sampled,
      name: 'cold-start',
      model: '@R1-Zero',
      promptCount: 2000,
      samples: 4,
      keepPerPrompt: 1,
    },
    { ...sft, name: 'Dev1', model: MODEL, data: [{ source: 'jsonl', path: '@cold-start/data.jsonl' }] },
    evaluation('Dev1', '@Dev1'),

    // Reasoning RL, with a reward for keeping to the language of the question.
    { ...rl, name: 'Dev2', model: '@Dev1', rewards: strict, steps: 200 },
    evaluation('Dev2', '@Dev2'),

    // Rejection sampling, and fine-tuning of the base again on that and on general data.
    { ...sampled, name: 'reasoning-data', model: '@Dev2', samples: 4 },
    {
      ...sft,
      name: 'Dev3',
      model: MODEL,
      data: [
        { source: 'jsonl', path: '@reasoning-data/data.jsonl' },
        { source: 'jsonl', path: `${OWN}/general.jsonl` },
      ],
    },
    evaluation('Dev3', '@Dev3'),

    // Reward models: helpfulness of the answer from pairs, harmlessness of the whole response from labels.
    {
      ...rewardModel,
      name: 'helpful',
      kind: 'pairwise',
      reads: 'answer',
      data: [{ source: 'jsonl', path: `${OWN}/pairs.jsonl` }],
    },
    {
      ...rewardModel,
      name: 'harmless',
      kind: 'pointwise',
      reads: 'response',
      data: [{ source: 'jsonl', path: `${OWN}/safety.jsonl` }],
    },

    // RL over all scenarios, cooler; general prompts and preference rewards only in the last quarter.
    {
      ...rl,
      name: 'R1',
      model: '@Dev3',
      prompts: [
        { ...problems, weight: 2 },
        ...general.map((prompts) => ({ ...prompts, weight: 1, fromStep: 75 })),
      ],
      rewards: {
        ...strict,
        helpful: { model: '@helpful', tasks: ['helpful'] },
        harmless: { model: '@harmless', tasks: ['harmless'] },
      },
      steps: 100,
      sampling: { ...rl.sampling, temperature: 0.7 },
    },
    evaluation('R1', '@R1'),

    // Distillation: a smaller model imitates R1; beside it the same model with RL alone.
    { ...sampled, name: 'teacher-data', model: '@R1', samples: 4 },
    {
      ...sft,
      name: 'Distill-SFT',
      model: STUDENT,
      data: [{ source: 'jsonl', path: '@teacher-data/data.jsonl' }],
      optimizer: { ...sft.optimizer, peak: 1e-4 },
    },
    evaluation('Distill-SFT', '@Distill-SFT'),
    { ...rl, name: 'Distill-RL', model: STUDENT, rewards: rules, steps: 200 },
    evaluation('Distill-RL', '@Distill-RL'),
  ],
});
