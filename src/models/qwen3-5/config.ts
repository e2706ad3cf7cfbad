/** @file The config.json of Qwen3.5's text models, and back. Where a key is missing, transformers' default holds. */
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import type { DType } from '../../torch/index.ts';
import {
  configFileSchema,
  parseKeys,
  REMEDY,
  requireSupported,
  specialTokenKeys,
  unsupported,
} from '../config-file.ts';
import { count, width } from '../config-sizes.ts';
import { requireHeads, stackOf } from '../decoder-config.ts';
import type { StackConfig } from '../decoder-form.ts';
import type { Activation } from '../layers/index.ts';
import { ropeKeys, ropeSchema } from '../rope-file.ts';
import type { DeltaNetConfig } from './delta-net.ts';

export const FULL = 'full_attention';
export const LINEAR = 'linear_attention';

export interface Qwen35Config extends StackConfig {
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** The share of a head's dimensions that turns, and how many those are. */
  readonly rotaryFactor: number;
  readonly rotated: number;
  readonly attentionBias: boolean;
  /** `linear_attention` (a gated delta net) or `full_attention`, of each layer. */
  readonly layerTypes: readonly string[];
  readonly deltaNet: DeltaNetConfig;
  /** How positions in pictures share the frequencies: kept as it was read, since text has one position. */
  readonly pictures: { readonly [key: string]: Json };
}

const share = z.number().positive().max(1);

const partialRope = ropeSchema.extend({ partial_rotary_factor: share.optional() }).nullish();

const fileSchema = configFileSchema.extend({
  head_dim: width.nullish().transform((value) => value ?? 256),
  num_key_value_heads: width.nullish().transform((value) => value ?? 4),
  max_position_embeddings: count.default(32_768),
  rope_parameters: partialRope,
  rope_scaling: partialRope,
  partial_rotary_factor: share.optional(),
  full_attention_interval: count.default(4),
  linear_conv_kernel_dim: width.min(2).default(4),
  linear_key_head_dim: width.default(128),
  linear_value_head_dim: width.default(128),
  linear_num_key_heads: width.default(16),
  linear_num_value_heads: width.default(32),
});

type File = z.output<typeof fileSchema>;

/** Keys of `rope_parameters` that are of pictures. */
const PICTURES = ['mrope_section', 'mrope_interleaved'];

/**
 * Reads the keys of a config.json.
 * @param where - file or recipe path the keys come from, for messages
 * @throws UserError naming the key, its value and what is known
 */
export function parseQwen35(keys: unknown, where: string): Qwen35Config {
  const file = parseKeys(fileSchema, keys, where);
  const config = normalise(file, where);
  requireSupported(unsupported(file) ?? layersProblem(config) ?? headsProblem(config), where);
  return requireHeads(config, where);
}

/** The keys of a vision-language model: its text model is read. */
export function parsePictured(keys: unknown, where: string): Qwen35Config {
  const { text_config: text, ...outer } = keys as { text_config?: object | null };
  if (text == null)
    throw new UserError(`${where}: text_config: missing, expected the keys of the text model`, REMEDY);
  const { tie_word_embeddings: tied, quantization_config: quantisation } = outer as Partial<File>;
  const shared = {
    ...(tied !== undefined && { tie_word_embeddings: tied }),
    ...(quantisation !== undefined && { quantization_config: quantisation }),
  };
  return parseQwen35({ ...text, ...shared }, `${where}: text_config`);
}

function normalise(file: File, where: string): Qwen35Config {
  const { partial_rotary_factor: older, rope_parameters, rope_scaling, head_dim: headDim } = file;
  const { partial_rotary_factor = older ?? 0.25, ...rope } = rope_parameters ?? rope_scaling ?? {};
  const rotated = Math.trunc(headDim * partial_rotary_factor);
  const layers = file.num_hidden_layers;
  const maxPositions = file.max_position_embeddings;
  const theta = rope.rope_theta ?? file.rope_theta;
  const whole = { ...file, rope_parameters: { ...rope, rope_theta: theta } };
  return {
    modelType: 'qwen3_5_text',
    ...stackOf(whole, { headDim: rotated, maxPositions }, where),
    normOffset: 1,
    intermediateSize: file.intermediate_size,
    activation: file.hidden_act,
    heads: file.num_attention_heads,
    kvHeads: file.num_key_value_heads,
    headDim,
    rotaryFactor: partial_rotary_factor,
    rotated,
    attentionBias: file.attention_bias,
    layerTypes:
      file.layer_types ??
      Array.from({ length: layers }, (_, i) =>
        (i + 1) % file.full_attention_interval === 0 ? FULL : LINEAR,
      ),
    deltaNet: {
      keyHeads: file.linear_num_key_heads,
      keyDim: file.linear_key_head_dim,
      valueHeads: file.linear_num_value_heads,
      valueDim: file.linear_value_head_dim,
      taps: file.linear_conv_kernel_dim,
    },
    pictures: Object.fromEntries(
      PICTURES.filter((key) => key in rope).map((key) => [key, rope[key] as Json]),
    ),
  };
}

function layersProblem({ layerTypes: types, layers }: Qwen35Config): string | null {
  const other = types.find((type) => type !== FULL && type !== LINEAR);
  if (other !== undefined) return `layer_types: "${other}" is not supported (only ${FULL}, ${LINEAR})`;
  return types.length === layers ? null : `layer_types: ${types.length} entries for ${layers} layers`;
}

function headsProblem({ deltaNet, rotated, rotaryFactor, headDim }: Qwen35Config): string | null {
  const { keyHeads, valueHeads } = deltaNet;
  if (valueHeads % keyHeads !== 0)
    return `linear_num_value_heads ${valueHeads} is no multiple of linear_num_key_heads ${keyHeads}`;
  if (rotated % 2 === 0 && rotated > 0) return null;
  return `partial_rotary_factor: ${rotaryFactor} turns ${rotated} of ${headDim} dimensions, it must be an even number`;
}

/** The config.json of a model. */
export function qwen35Keys(config: Qwen35Config, dtype: DType): { readonly [key: string]: Json } {
  const { deltaNet, rotaryFactor } = config;
  const { rope_theta: theta, rope_scaling: scaling } = ropeKeys(config.rope);
  return {
    architectures: ['Qwen3_5ForCausalLM'],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    hidden_act: config.activation,
    attention_bias: config.attentionBias,
    layer_types: [...config.layerTypes],
    linear_num_key_heads: deltaNet.keyHeads,
    linear_key_head_dim: deltaNet.keyDim,
    linear_num_value_heads: deltaNet.valueHeads,
    linear_value_head_dim: deltaNet.valueDim,
    linear_conv_kernel_dim: deltaNet.taps,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEps,
    tie_word_embeddings: config.tieEmbeddings,
    partial_rotary_factor: rotaryFactor,
    rope_parameters: {
      rope_type: 'default',
      ...(scaling as { readonly [key: string]: Json } | null),
      rope_theta: theta!,
      partial_rotary_factor: rotaryFactor,
      ...config.pictures,
    },
    initializer_range: config.initializerRange,
    attention_dropout: 0,
    ...specialTokenKeys(config),
    torch_dtype: dtype,
  };
}
