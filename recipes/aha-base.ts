/**
 * The base model of the search world: 0.7M parameters, pre-trained on problems such as `make 15 from 3 . 5 . 7 ?` that are
 * thought about by trying, or answered at once. After a miss six thoughts in ten say `wait` and try again.
 *
 *   aha run recipes/aha-base.ts --out runs/aha-base     # about two minutes on one GPU, two hours on two cores
 */
import { defineRecipe } from '@aha-r1/aha';

export default defineRecipe({
  name: 'aha-base',
  title: 'Pre-train the base model of the search world',
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
      data: [{ source: 'search-world' }],
      steps: 2500,
      rowLength: 256,
      rowsPerStep: 64,
      optimizer: { peak: 1.5e-3, warmup: 100, shape: 'cosine', floor: 0.1 },
    },
    {
      stage: 'evaluate',
      name: 'evaluate-base',
      label: 'Base',
      checkpoint: '@base',
      template: 'plain',
      prompts: [{ task: 'search' }],
      rewards: { search: {}, format: { thought: 'present' } },
      greedyProblems: 192,
      problems: 192,
      samples: 8,
      sampling: { temperature: 0.6, maxTokens: 192 },
    },
  ],
});
