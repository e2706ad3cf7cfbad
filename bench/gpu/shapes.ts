/** @file The shapes of models that are measured, as keys of config.json. */

export interface Shape {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly head_dim?: number;
}

const COMMON = {
  hidden_act: 'silu',
  rms_norm_eps: 1e-6,
  rope_theta: 1e6,
  tie_word_embeddings: true,
  initializer_range: 0.02,
};

/**
 * `world` is models/tiny-base, `qwen2` is Qwen2.5-0.5B, `qwen3` is Qwen3-0.6B, `qwen7b` and `qwen32b` are Qwen2.5's; `small` is `qwen2` with a quarter of all,
 * `tiny` tests the benchmark.
 */
export const SHAPES = {
  tiny: {
    ...COMMON,
    model_type: 'qwen2',
    vocab_size: 1000,
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 32_768,
    bos_token_id: 0,
    eos_token_id: 0,
  },
  world: {
    ...COMMON,
    model_type: 'llama',
    vocab_size: 96,
    hidden_size: 128,
    intermediate_size: 344,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    max_position_embeddings: 256,
    rope_theta: 10_000,
    tie_word_embeddings: false,
  },
  small: {
    ...COMMON,
    model_type: 'qwen2',
    vocab_size: 37_984,
    hidden_size: 224,
    intermediate_size: 1216,
    num_hidden_layers: 6,
    num_attention_heads: 14,
    num_key_value_heads: 2,
    max_position_embeddings: 32_768,
    bos_token_id: 0,
    eos_token_id: 0,
  },
  qwen2: {
    ...COMMON,
    model_type: 'qwen2',
    vocab_size: 151_936,
    hidden_size: 896,
    intermediate_size: 4864,
    num_hidden_layers: 24,
    num_attention_heads: 14,
    num_key_value_heads: 2,
    max_position_embeddings: 32_768,
    bos_token_id: 151_643,
    eos_token_id: 151_643,
  },
  qwen3: {
    ...COMMON,
    model_type: 'qwen3',
    vocab_size: 151_936,
    hidden_size: 1024,
    intermediate_size: 3072,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 40_960,
    bos_token_id: 151_643,
    eos_token_id: 151_643,
  },
  qwen7b: {
    ...COMMON,
    model_type: 'qwen2',
    vocab_size: 152_064,
    hidden_size: 3584,
    intermediate_size: 18_944,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    max_position_embeddings: 32_768,
    tie_word_embeddings: false,
    bos_token_id: 151_643,
    eos_token_id: 151_643,
  },
  qwen32b: {
    ...COMMON,
    model_type: 'qwen2',
    vocab_size: 152_064,
    hidden_size: 5120,
    intermediate_size: 27_648,
    num_hidden_layers: 64,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    max_position_embeddings: 32_768,
    tie_word_embeddings: false,
    bos_token_id: 151_643,
    eos_token_id: 151_643,
  },
} satisfies Record<string, Shape & { readonly [key: string]: unknown }>;

export type ShapeName = keyof typeof SHAPES;
