/**
 * The base model of the small world in the shape of DeepSeek-V3: latent attention, a dense layer, then layers of eight
 * experts of which two and a shared one read a token, balanced by their biases. A token is read by as many parameters as in
 * tiny-base.ts; there are 1.6M.
 *
 *   aha run recipes/tiny-v3-base.ts --out runs/tiny-v3-base
 */
import { defineRecipe } from '@aha-r1/aha';

export default defineRecipe({
  name: 'tiny-v3-base',
  title: 'Pre-train a base model of the small world in the shape of DeepSeek-V3',
  precision: 'fp32',
  stages: [
    {
      stage: 'pretrain',
      name: 'base',
      model: {
        model_type: 'deepseek_v3',
        vocab_size: 96,
        hidden_size: 128,
        intermediate_size: 344,
        num_hidden_layers: 4,
        num_attention_heads: 4,
        q_lora_rank: null,
        kv_lora_rank: 32,
        qk_nope_head_dim: 32,
        qk_rope_head_dim: 16,
        v_head_dim: 32,
        first_k_dense_replace: 1,
        n_routed_experts: 8,
        num_experts_per_tok: 2,
        n_shared_experts: 1,
        moe_intermediate_size: 112,
        n_group: 1,
        topk_group: 1,
        max_position_embeddings: 256,
        rms_norm_eps: 1e-6,
        rope_theta: 10_000,
        tie_word_embeddings: false,
      },
      // As long as tiny-base.ts: a base that still guesses.
      steps: 2000,
      rowLength: 192,
      rowsPerStep: 64,
      optimizer: { peak: 1.5e-3, warmup: 100, shape: 'cosine', floor: 0.1, expertBias: 1e-3 },
      // Half the bytes in models/.
      checkpointPrecision: 'bf16',
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
