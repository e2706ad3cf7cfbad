/** @file The suite of causal-lm.ts over small random models of every architecture and its options. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES, initModel, parseConfig, saveModel } from '../../src/models/index.ts';
import { Generator, noGrad, randn, scope } from '../../src/torch/index.ts';
import { describeCausalLM } from './causal-lm.ts';

const BASE = {
  vocab_size: 40,
  hidden_size: 24,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rope_theta: 10_000,
};

const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 16,
};

const yarn = {
  rope_type: 'yarn',
  factor: 8,
  original_max_position_embeddings: 4,
  beta_fast: 2,
  beta_slow: 0.5,
};

const longrope = {
  rope_type: 'longrope',
  short_factor: [1, 1.5, 3],
  long_factor: [2, 4, 8],
  original_max_position_embeddings: 32,
};

const EXPERTS = { num_experts: 5, num_experts_per_tok: 2, moe_intermediate_size: 12, norm_topk_prob: true };

const LATENT = {
  num_key_value_heads: 4,
  q_lora_rank: 12,
  kv_lora_rank: 10,
  qk_nope_head_dim: 6,
  qk_rope_head_dim: 4,
  v_head_dim: 8,
  first_k_dense_replace: 1,
  moe_intermediate_size: 12,
  n_routed_experts: 8,
  n_shared_experts: 2,
  num_experts_per_tok: 3,
  n_group: 4,
  topk_group: 2,
  routed_scaling_factor: 1.7,
};

const DELTA = {
  head_dim: 16,
  layer_types: ['linear_attention', 'full_attention'],
  linear_num_key_heads: 2,
  linear_num_value_heads: 2,
  linear_key_head_dim: 6,
  linear_value_head_dim: 8,
};

const VARIANTS: Readonly<Record<string, { readonly model_type: string; readonly [key: string]: unknown }>> = {
  'qwen2, tied': { model_type: 'qwen2', tie_word_embeddings: true },
  'qwen2, one key head': { model_type: 'qwen2', num_key_value_heads: 1 },
  'qwen3, wide heads': { model_type: 'qwen3', head_dim: 16 },
  'qwen3, biases, tied': {
    model_type: 'qwen3',
    head_dim: 6,
    attention_bias: true,
    tie_word_embeddings: true,
  },
  'llama, all heads': { model_type: 'llama', num_key_value_heads: 4 },
  'llama, biases, linear rope': {
    model_type: 'llama',
    attention_bias: true,
    mlp_bias: true,
    rope_scaling: { type: 'linear', factor: 4 },
  },
  'llama, dynamic rope': { model_type: 'llama', rope_scaling: { type: 'dynamic', factor: 2 } },
  'llama, longrope': { model_type: 'llama', rope_scaling: longrope },
  'llama, yarn': { model_type: 'llama', rope_scaling: yarn },
  'qwen2, a window in the upper layer, yarn': {
    model_type: 'qwen2',
    use_sliding_window: true,
    sliding_window: 5,
    max_window_layers: 1,
    rope_scaling: { ...yarn, attention_factor: 1.3 },
  },
  'qwen3, a window in each layer': {
    model_type: 'qwen3',
    head_dim: 16,
    use_sliding_window: true,
    sliding_window: 3,
    layer_types: ['sliding_attention', 'sliding_attention'],
  },
  'qwen3_moe, one dense layer, biases': {
    model_type: 'qwen3_moe',
    ...EXPERTS,
    mlp_only_layers: [0],
    attention_bias: true,
  },
  'qwen3_moe, weights that are not normalised, tied': {
    model_type: 'qwen3_moe',
    ...EXPERTS,
    head_dim: 8,
    norm_topk_prob: false,
    tie_word_embeddings: true,
  },
  'deepseek_v3, groups, yarn with both scales': {
    model_type: 'deepseek_v3',
    ...LATENT,
    rope_scaling: { ...yarn, mscale: 0.7, mscale_all_dim: 1.2 },
  },
  'deepseek_v3, queries without a latent, biases, no shared experts': {
    model_type: 'deepseek_v3',
    ...LATENT,
    q_lora_rank: null,
    attention_bias: true,
    rope_interleave: false,
    n_shared_experts: 0,
    n_group: 1,
    topk_group: 1,
    norm_topk_prob: false,
  },
  'qwen3_5_text, groups of heads, tied': {
    model_type: 'qwen3_5_text',
    ...DELTA,
    linear_num_value_heads: 4,
    linear_key_head_dim: 12,
    tie_word_embeddings: true,
  },
  'qwen3_5_text, deltas alone, three taps': {
    model_type: 'qwen3_5_text',
    ...DELTA,
    layer_types: ['linear_attention', 'linear_attention'],
    linear_conv_kernel_dim: 3,
    linear_value_head_dim: 5,
  },
  'qwen3_5, the text model of a vision-language checkpoint': {
    model_type: 'qwen3_5',
    text_config: {
      ...BASE,
      ...DELTA,
      layer_types: ['full_attention', 'linear_attention'],
      partial_rotary_factor: 0.5,
      attention_bias: true,
    },
    vision_config: {},
  },
  gpt_oss: {
    model_type: 'gpt_oss',
    head_dim: 8,
    num_local_experts: 4,
    num_experts_per_tok: 2,
    sliding_window: 3,
    swiglu_limit: 1.5,
  },
  'gpt_oss, no window, no biases, tied': {
    model_type: 'gpt_oss',
    head_dim: 6,
    num_local_experts: 3,
    num_experts_per_tok: 3,
    layer_types: ['full_attention', 'full_attention'],
    attention_bias: false,
    tie_word_embeddings: true,
    rope_scaling: yarn,
  },
  'mistral, a window in each layer': { model_type: 'mistral', head_dim: 8, sliding_window: 4 },
  'mistral, no window, tied': { model_type: 'mistral', sliding_window: null, tie_word_embeddings: true },
  // A bias of keys without positions changes no softmax: it has no gradient to compare.
  'smollm3, every second layer without positions, biases of the MLP': {
    model_type: 'smollm3',
    no_rope_layer_interval: 2,
    mlp_bias: true,
  },
  'smollm3, a layer without positions that has a window': {
    model_type: 'smollm3',
    no_rope_layers: [0, 1],
    use_sliding_window: true,
    sliding_window: 4,
    tie_word_embeddings: false,
  },
  'gemma3_text, a window, biases': {
    model_type: 'gemma3_text',
    head_dim: 16,
    sliding_window: 4,
    sliding_window_pattern: 2,
    query_pre_attn_scalar: 20,
    rope_local_base_freq: 100,
    rope_scaling: { rope_type: 'linear', factor: 8 },
    attention_bias: true,
  },
  'gemma3_text, capped logits, a head of its own, angles of both kinds': {
    model_type: 'gemma3_text',
    head_dim: 6,
    sliding_window: 5,
    layer_types: ['full_attention', 'sliding_attention'],
    query_pre_attn_scalar: 6,
    final_logit_softcapping: 2,
    tie_word_embeddings: false,
    hidden_activation: 'silu',
    rope_parameters: {
      full_attention: { ...yarn, rope_theta: 1000 },
      sliding_attention: { rope_type: 'default', rope_theta: 50 },
    },
  },
  'olmo2, biases, tied': { model_type: 'olmo2', attention_bias: true, tie_word_embeddings: true },
  'olmo2, wide heads, yarn': { model_type: 'olmo2', head_dim: 16, rope_scaling: yarn },
  'olmo3, a window in one layer, yarn in the other': {
    model_type: 'olmo3',
    sliding_window: 4,
    layer_types: ['sliding_attention', 'full_attention'],
    rope_scaling: yarn,
  },
  'phi3, partial rotary positions, longrope': {
    model_type: 'phi3',
    head_dim: 8,
    partial_rotary_factor: 0.75,
    original_max_position_embeddings: 32,
    rope_scaling: longrope,
  },
  'phi3, a window in each layer, tied': {
    model_type: 'phi3',
    sliding_window: 4,
    tie_word_embeddings: true,
    hidden_act: 'gelu_pytorch_tanh',
  },
  'llama, llama3 rope, gelu': { model_type: 'llama', rope_scaling: llama3, hidden_act: 'gelu_pytorch_tanh' },
};

const root = mkdtempSync(path.join(tmpdir(), 'aha-architectures-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Random weights, biases and norms included, so that a part left out changes the outcome. */
async function randomCheckpoint(name: string, keys: object): Promise<string> {
  const dir = path.join(root, name);
  const model = initModel(parseConfig({ ...BASE, ...keys }, name), 0, { scheme: 'scaled' });
  // The same in every run: how near bfloat16 comes depends on the weights.
  const generator = new Generator(0);
  noGrad(() => {
    for (const parameter of model.parameters()) {
      scope(() => parameter.add_(randn(parameter.shape, { generator }), 0.2));
    }
  });
  await saveModel(model, dir);
  model.dispose();
  return dir;
}

for (const [name, keys] of Object.entries(VARIANTS)) {
  describeCausalLM(name, () => randomCheckpoint(name, keys));
}

describe('the variants above', () => {
  it('cover every architecture', () => {
    const covered = new Set(Object.values(VARIANTS).map(({ model_type }) => model_type));
    expect([...covered].sort()).toEqual([...ARCHITECTURES.keys()].sort());
  });
});
