/** @file The config.json of gpt-oss, and back. Where a key is missing, transformers' default holds. */
import { z } from 'zod';
import type { Json } from '../../records.ts';
import type { DType } from '../../torch/index.ts';
import { configFileSchema, parseKeys, requireSupported } from '../config-file.ts';
import { count, width } from '../config-sizes.ts';
import { requireHeads, stackKeys, stackOf } from '../decoder-config.ts';
import type { StackConfig } from '../decoder-form.ts';
import { mxfp4Problem } from '../mxfp4.ts';
import { upperWindows, windowProblem, windowsOf } from '../window-file.ts';
import type { GptOssExpertsConfig } from './experts.ts';

export interface GptOssConfig extends StackConfig {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Biases of q_proj, k_proj, v_proj and o_proj. */
  readonly attentionBias: boolean;
  /** Tokens that a sliding layer looks back over; null where none slides. */
  readonly window: number | null;
  readonly layerTypes: readonly string[];
  readonly experts: GptOssExpertsConfig;
}

const fileSchema = configFileSchema.extend({
  head_dim: width.nullish().transform((value) => value ?? 64),
  hidden_act: z.literal('silu').default('silu'),
  max_position_embeddings: count.default(131_072),
  rms_norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(true),
  rope_theta: z.number().positive().default(150_000),
  sliding_window: count.nullable().default(128),
  num_experts_per_tok: count.default(4),
  swiglu_alpha: z.number().default(1.702),
  swiglu_limit: z.number().positive().default(7),
});

type File = z.output<typeof fileSchema>;

/** The rotary settings of a file that names none. */
const ROPE = {
  rope_type: 'yarn',
  factor: 32,
  beta_fast: 32,
  beta_slow: 1,
  truncate: false,
  original_max_position_embeddings: 4096,
};

/**
 * Reads the keys of a config.json.
 * @param where - file or recipe path the keys come from, for messages
 * @throws UserError naming the key, its value and what is known
 */
export function parseGptOss(keys: unknown, where: string): GptOssConfig {
  const file = parseKeys(fileSchema, keys, where);
  const config = normalise(file, where);
  const problem =
    mxfp4Problem(file.quantization_config) ??
    windowProblem(windowKeys(config), config.layers, upperWindows) ??
    expertsProblem(file, config.experts);
  requireSupported(problem, where);
  return requireHeads(config, where);
}

function normalise(file: File, where: string): GptOssConfig {
  const { head_dim: headDim, max_position_embeddings: maxPositions, num_hidden_layers: layers } = file;
  const plain = file.rope_parameters == null && file.rope_scaling == null;
  return {
    modelType: 'gpt_oss',
    ...stackOf(plain ? { ...file, rope_scaling: ROPE } : file, { headDim, maxPositions }, where),
    heads: file.num_attention_heads,
    kvHeads: file.num_key_value_heads ?? file.num_attention_heads,
    headDim,
    attentionBias: file.attention_bias,
    window: file.sliding_window,
    layerTypes: file.layer_types ?? Array.from({ length: layers }, (_, layer) => kindOf(layer)),
    experts: {
      count: file.num_local_experts ?? file.num_experts ?? 128,
      perToken: file.num_experts_per_tok,
      width: file.intermediate_size,
      alpha: file.swiglu_alpha,
      limit: file.swiglu_limit,
    },
  };
}

/** Every other layer has the window, the first one too. */
function kindOf(layer: number): string {
  return layer % 2 === 0 ? 'sliding_attention' : 'full_attention';
}

function windowKeys({ window, layerTypes }: GptOssConfig) {
  return { use_sliding_window: true, sliding_window: window, layer_types: layerTypes };
}

/** Of each layer the tokens that it looks back over; null for all. */
export function gptOssWindows(config: GptOssConfig): (number | null)[] {
  return windowsOf(windowKeys(config), config.layers, upperWindows);
}

function expertsProblem(file: File, { count: experts, perToken }: GptOssExpertsConfig): string | null {
  const { num_experts: other, num_local_experts: own } = file;
  if (other != null && own != null && other !== own)
    return `num_experts is ${other}, num_local_experts ${own}: they must be the same`;
  return perToken > experts ? `num_experts_per_tok: ${perToken} of ${experts} experts` : null;
}

/** The config.json of a model. */
export function gptOssKeys(config: GptOssConfig, dtype: DType): { readonly [key: string]: Json } {
  const { experts } = config;
  return {
    architectures: ['GptOssForCausalLM'],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: experts.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    hidden_act: 'silu',
    attention_bias: config.attentionBias,
    sliding_window: config.window,
    layer_types: [...config.layerTypes],
    num_local_experts: experts.count,
    num_experts_per_tok: experts.perToken,
    swiglu_alpha: experts.alpha,
    swiglu_limit: experts.limit,
    ...stackKeys(config, dtype),
    // No settings at all would stand for those of the published models.
    ...(config.rope.type === 'default' && { rope_scaling: { rope_type: 'default' } }),
  };
}
