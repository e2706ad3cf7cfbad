/**
 * DeepSeek-R1's whole recipe on SmolLM2-135M-Instruct: cold start, reasoning RL, rejection sampling, fine-tuning of the base
 * on that and general data, reward models, RL over all scenarios, and distillation into a student of 17M parameters.
 *
 *   aha run recipes/smollm2/r1.ts
 *
 * The checkpoint is the one of r1-zero.ts, which also has R1-Zero. docs/real-model.md tells what each stage did.
 */
import { defineRecipe } from '@aha-r1/aha';
import { dataFolder } from './data.ts';
import { MODEL } from './model.ts';

const folder = dataFolder();
const template = 'chat' as const;
const data = (file: string) => ({ source: 'jsonl' as const, path: file });
const problems = (file: string) => ({ task: 'file' as const, path: `${folder}/${file}`, language: 'en' });
const train = problems('train.jsonl');

/** General prompts, judged by the reward model of this name. */
const general = (name: string, file: string) => ({
  task: 'file' as const,
  name,
  path: file,
  language: 'en',
});

/** Right, in R1's form after a thought, and in the language of the question. */
const rules = { accuracy: {}, format: { thought: 'present' as const } };
const strict = { ...rules, language: { wordless: 1 } };

/** Every checkpoint is asked the same held-out problems of two and three steps, and general prompts of four kinds. */
const evaluation = (label: string, checkpoint: string) => ({
  stage: 'evaluate' as const,
  name: `evaluate-${label.toLowerCase()}`,
  label,
  checkpoint,
  template,
  prompts: [problems('test-2.jsonl'), problems('test-3.jsonl')],
  rewards: strict,
  general: {
    prompts: [{ task: 'file' as const, path: `${folder}/general-test.jsonl` }],
    problems: 128,
    samples: 2,
    rewards: { custom: { file: 'general-reward.ts' } },
  },
  greedyProblems: 0,
  problems: 256,
  samples: 8,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 128 },
});

const rl = {
  stage: 'rl' as const,
  template,
  prompts: [train],
  rewards: strict,
  promptsPerStep: 32,
  groupSize: 16,
  sampling: { temperature: 1, maxTokens: 128 },
  advantage: 'grpo' as const,
  loss: {
    policy: { kind: 'surrogate' as const, clipLow: 0.2, clipHigh: 0.28 },
    aggregation: 'token-mean' as const,
    // Sampler and trainer compute in bfloat16 and differ by rounding.
    samplerCorrection: { kind: 'truncate' as const },
  },
  optimizer: { peak: 1e-5, warmup: 5, shape: 'constant' as const },
};

const sft = {
  stage: 'sft' as const,
  template,
  epochs: 2,
  packing: { rowLength: 1024, rowsPerStep: 8 },
  optimizer: { peak: 1e-4, warmup: 5, shape: 'cosine' as const, floor: 0.1 },
};

/** Right, well-formed and readable responses. */
const sampled = {
  stage: 'reject' as const,
  template,
  prompts: [problems('more.jsonl')],
  rewards: strict,
  // English with numbers and names.
  minimum: { language: 0.9 },
  filters: { repetition: {} },
  sampling: { temperature: 1, maxTokens: 128 },
};

const rewardModel = {
  stage: 'reward-model' as const,
  model: '@Dev3',
  template,
  epochs: 1,
  batchSize: 32,
  optimizer: { peak: 2e-5, warmup: 3, shape: 'cosine' as const, floor: 0.1 },
};

/** A student from random weights, with the tokenizer of its teacher. */
const STUDENT = {
  model_type: 'llama',
  vocab_size: 49_152,
  hidden_size: 256,
  intermediate_size: 688,
  num_hidden_layers: 6,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
};

export default defineRecipe({
  name: 'smollm2-r1',
  title: 'The whole R1 recipe on SmolLM2-135M-Instruct',
  stages: [
    evaluation('Base', MODEL),

    // Cold start: 600 worked solutions.
    { ...sft, name: 'Dev1', model: MODEL, data: [data(`${folder}/cold-start.jsonl`)] },
    evaluation('Dev1', '@Dev1'),

    // Reasoning RL, with a reward for keeping to the language of the question.
    { ...rl, name: 'Dev2', model: '@Dev1', steps: 50 },
    evaluation('Dev2', '@Dev2'),

    // Rejection sampling, and fine-tuning of the base again on what was kept and on general data.
    { ...sampled, name: 'reasoning-data', model: '@Dev2', samples: 2 },
    {
      ...sft,
      name: 'Dev3',
      model: MODEL,
      data: [data('@reasoning-data/data.jsonl'), data(`${folder}/general.jsonl`)],
    },
    evaluation('Dev3', '@Dev3'),

    // Reward models: helpfulness of the answer from pairs, harmlessness of the whole response from labels.
    {
      ...rewardModel,
      name: 'helpful',
      kind: 'pairwise',
      reads: 'answer',
      data: [data(`${folder}/pairs.jsonl`)],
    },
    {
      ...rewardModel,
      name: 'harmless',
      kind: 'pointwise',
      reads: 'response',
      epochs: 4,
      data: [data('recipes/r1-gsm8k/safety.jsonl')],
    },

    // RL over all scenarios, cooler; general prompts and preference rewards only in the last part of the steps.
    {
      ...rl,
      name: 'R1',
      model: '@Dev3',
      prompts: [
        { ...train, weight: 2 },
        { ...general('helpful', `${folder}/general.jsonl`), weight: 1, fromStep: 25 },
        { ...general('harmless', 'recipes/r1-gsm8k/harmless.jsonl'), weight: 0.5, fromStep: 25 },
      ],
      rewards: {
        ...strict,
        helpful: { model: '@helpful', tasks: ['helpful'] },
        harmless: { model: '@harmless', tasks: ['harmless'] },
      },
      steps: 50,
      sampling: { ...rl.sampling, temperature: 0.7 },
      loss: { ...rl.loss, kl: { coefficient: 0.001 } },
    },
    evaluation('R1', '@R1'),

    // Distillation: a small model from random weights that has only seen stories of one step imitates R1; beside it the
    // same model with RL alone.
    { ...sampled, name: 'teacher-data', model: '@R1', samples: 4 },
    {
      stage: 'pretrain',
      name: 'student',
      model: STUDENT,
      tokenizer: MODEL,
      data: [{ source: 'file', path: `${folder}/student.jsonl`, specialTokens: true }],
      steps: 400,
      rowLength: 1024,
      rowsPerStep: 32,
      optimizer: { peak: 2e-3, warmup: 40, shape: 'cosine', floor: 0.1 },
    },
    evaluation('Student', '@student'),
    {
      ...sft,
      name: 'Distilled',
      model: '@student',
      data: [data('@teacher-data/data.jsonl')],
      epochs: 6,
      optimizer: { ...sft.optimizer, peak: 1e-3 },
    },
    evaluation('Distilled', '@Distilled'),
    { ...rl, name: 'Student-RL', model: '@student', steps: 100, optimizer: { ...rl.optimizer, peak: 5e-5 } },
    evaluation('Student-RL', '@Student-RL'),
  ],
});
