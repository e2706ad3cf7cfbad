/**
 * The students of the small world: 0.2M parameters each, pre-trained on the same documents as the base model, one of
 * its architecture and one of another.
 *
 *   aha run recipes/tiny-students.ts --out runs/tiny-students
 */
import { defineRecipe } from '@aha-r1/aha';

const size = {
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 172,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  tie_word_embeddings: false,
};

const pretraining = {
  stage: 'pretrain' as const,
  steps: 1500,
  rowLength: 192,
  rowsPerStep: 64,
  optimizer: { peak: 2e-3, warmup: 100, shape: 'cosine' as const, floor: 0.1 },
};

const evaluation = {
  stage: 'evaluate' as const,
  template: 'plain' as const,
  prompts: [{ task: 'chain' as const }],
  greedyProblems: 512,
  problems: 128,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 96 },
};

export default defineRecipe({
  name: 'tiny-students',
  title: 'Pre-train the small models that are taught by a larger one',
  // As the checkpoints in models/ were made, on a GPU too.
  precision: 'fp32',
  stages: [
    { ...pretraining, name: 'llama', model: { model_type: 'llama', ...size } },
    { ...pretraining, name: 'qwen3', model: { model_type: 'qwen3', head_dim: 16, ...size } },
    { ...evaluation, name: 'evaluate-llama', label: 'Student', checkpoint: '@llama' },
    { ...evaluation, name: 'evaluate-qwen3', label: 'Student (qwen3)', checkpoint: '@qwen3' },
  ],
});
