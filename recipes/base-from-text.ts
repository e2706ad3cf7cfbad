/**
 * From text to a base model: a tokenizer and 0.8M parameters, trained on 360 short tales of this repository.
 *
 *   aha tokenizer train recipes/base-from-text/stories.txt --vocab-size 512 --out recipes/base-from-text/tokenizer
 *   aha run recipes/base-from-text.ts --out runs/base-from-text     # about a minute on two cores
 *   aha generate runs/base-from-text/base --prompt 'One morning' --temperature 0.7
 *
 * For text of your own change the path in `data` and make a tokenizer of it (docs/pretraining.md).
 */
import { defineRecipe } from '@aha-r1/aha';

export default defineRecipe({
  name: 'base-from-text',
  title: 'Train a base model on text',
  stages: [
    {
      stage: 'pretrain',
      name: 'base',
      tokenizer: 'base-from-text/tokenizer',
      // A blank line is between two tales.
      data: [{ source: 'file', path: 'base-from-text/stories.txt', separator: '\n\n' }],
      model: {
        model_type: 'qwen3',
        vocab_size: 512,
        hidden_size: 128,
        intermediate_size: 344,
        num_hidden_layers: 4,
        num_attention_heads: 4,
        num_key_value_heads: 1,
        head_dim: 32,
        max_position_embeddings: 256,
        rms_norm_eps: 1e-6,
        rope_theta: 10_000,
        tie_word_embeddings: true,
      },
      steps: 250,
      rowLength: 256,
      rowsPerStep: 8,
      optimizer: { peak: 3e-3, warmup: 20, shape: 'cosine', floor: 0.1 },
    },
  ],
});
