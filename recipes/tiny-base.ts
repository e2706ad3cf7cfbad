/**
 * The base model of the small world: 0.7M parameters, pre-trained on 23M tokens of arithmetic chains that are mostly
 * answered at once and often wrongly. Now and then a document thinks first. Reinforcement learning finds that.
 *
 *   aha run recipes/tiny-base.ts --out runs/tiny-base     # about a minute on one GPU, an hour on two cores
 */
import { defineRecipe } from '@aha-r1/aha';

export default defineRecipe({
  name: 'tiny-base',
  title: 'Pre-train the base model of the small world',
  // As the checkpoints in models/ were made, on a GPU too.
  precision: 'fp32',
  stages: [
    {
      stage: 'pretrain',
      name: 'base',
      model: {
        model_type: 'llama',
        vocab_size: 96,
        hidden_size: 128,
        intermediate_size: 344,
        num_hidden_layers: 4,
        num_attention_heads: 4,
        // One head of keys and values for four of queries: decoding on a CPU is bound by reading them.
        num_key_value_heads: 1,
        max_position_embeddings: 256,
        rms_norm_eps: 1e-6,
        rope_theta: 10_000,
        tie_word_embeddings: false,
      },
      // A base that still guesses: trained for longer, it reasons well before any reinforcement learning.
      steps: 2000,
      rowLength: 192,
      rowsPerStep: 64,
      optimizer: { peak: 1.5e-3, warmup: 100, shape: 'cosine', floor: 0.1 },
    },
    {
      stage: 'evaluate',
      name: 'evaluate-base',
      label: 'Base',
      checkpoint: '@base',
      template: 'plain',
      prompts: [{ task: 'chain' }],
      greedyProblems: 512,
      problems: 128,
      sampling: { temperature: 0.6, topP: 0.95, maxTokens: 96 },
    },
  ],
});
