/** @file The keys of a Hugging Face config.json that a decoder reads, with transformers' defaults. Others are ignored. */
import { z } from 'zod';
import { activations } from '../nn/index.ts';
import { ropeSchema } from './rope-file.ts';

const count = z.number().int().positive();
const tokenId = z.number().int().nonnegative();

export const configFileSchema = z.looseObject({
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z.enum(Object.keys(activations) as (keyof typeof activations)[]).default('silu'),
  max_position_embeddings: count.optional(),
  rms_norm_eps: z.number().positive().default(1e-6),
  initializer_range: z.number().nonnegative().default(0.02),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  rope_parameters: ropeSchema.nullish(),
  rope_theta: z.number().positive().default(10_000),
  rope_scaling: ropeSchema.nullish(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: tokenId.nullish(),
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
  quantization_config: z.unknown().optional(),
});

export type ConfigFile = z.output<typeof configFileSchema>;

/** What this project does not compute, as a message, or null where the file asks for nothing of the kind. */
export function unsupported(file: ConfigFile): string | null {
  if (file.use_sliding_window) return 'use_sliding_window: true is not supported (attention is always full)';
  const layer = file.layer_types?.find((type) => type !== 'full_attention');
  if (layer !== undefined) return `layer_types: "${layer}" is not supported (only full_attention)`;
  if (file.quantization_config != null) return 'quantization_config: quantised weights are not supported';
  return null;
}
