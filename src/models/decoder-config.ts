/**
 * @file DecoderConfig: what a decoder-only transformer is, normalised from a config.json of any transformers version, and back.
 */
import type { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Json } from '../records.ts';
import type { DType } from '../torch/index.ts';
import {
  type ConfigFile,
  configFileSchema,
  parseKeys,
  REMEDY,
  requireSupported,
  specialTokenKeys,
  unsupported,
} from './config-file.ts';
import type { DecoderForm, StackConfig } from './decoder-form.ts';
import { type ExpertsConfig, expertsKeys, expertsOf, expertsProblem, isSparse } from './experts-file.ts';
import type { DecoderGguf } from './gguf/form.ts';
import { type Activation, type NormOffset, type RopeConfig, steadyLength } from './layers/index.ts';
import type { ParallelShape } from './parallel-shape.ts';
import {
  parseRope,
  RopeProblem,
  type RopeSource,
  type RopeSources,
  ropeKeys,
  ropeSource,
} from './rope-file.ts';
import { type WindowKeys, type WindowRule, windowKeysOf, windowProblem, windowsOf } from './window-file.ts';

/** Where decoder-only transformers differ. */
export interface DecoderParts {
  /** Biases of q_proj, k_proj and v_proj. */
  readonly qkvBias: boolean;
  /** Bias of o_proj. */
  readonly outputBias: boolean;
  /** Biases of gate_proj, up_proj and down_proj. */
  readonly mlpBias: boolean;
  /** RMSNorm of queries and keys before the rotation: of each head, or of all of a token; null for none. */
  readonly qkNorm: 'heads' | 'tokens' | null;
  /** Whether queries, keys and values are one weight, and so are gate and up; apart unless given. */
  readonly fused?: boolean | undefined;
  /** Where the norms of a layer are; before attention and feed-forward unless given. */
  readonly norms?: DecoderForm['norms'];
  readonly normOffset?: NormOffset | undefined;
  /** See DecoderForm. */
  readonly embeddingScale?: number | undefined;
  readonly logitCap?: number | undefined;
  /** Scores are divided by the root of this number; the size of a head unless given. */
  readonly queryScalar?: number | undefined;
  /** Whether each layer has rotary positions; all have them unless given. */
  readonly ropeLayers?: readonly boolean[] | undefined;
  /** The share of a head's dimensions that turns, the first ones; 1 unless given. */
  readonly rotaryFactor?: number | undefined;
}

/** What one architecture adds to the shared decoder: which of its parts it has, and how config.json says so. */
export interface DecoderVariant<File extends ConfigFile = ConfigFile> {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** Class in transformers, the entry of `architectures` in config.json. */
  readonly className: string;
  /** The keys of config.json it reads, where they or their defaults are others than those of configFileSchema. */
  readonly schema?: z.ZodType<File>;
  /** Which layers look back over a window only; missing where none can. */
  readonly windows?: WindowRule;
  /** Whether layers have experts. */
  readonly sparse?: boolean;
  /** Values transformers assumes where config.json leaves a key out. */
  readonly defaults: { readonly headDim?: number; readonly maxPositions: number };
  /** The parts a config.json asks for. */
  parts(file: File): DecoderParts;
  /** The keys of config.json that ask for these parts: the inverse of `parts`. */
  keys(config: DecoderConfig): { readonly [key: string]: Json };
  /** What is not computed of a config.json, as a message, or null. */
  problem?(file: File): string | null;
  /** Where its rotary settings are; in one object for all layers unless given. */
  ropes?(file: File): RopeSources;
  /** How llama.cpp computes it; missing where it has no name for it. */
  readonly gguf?: DecoderGguf<DecoderConfig>;
}

export interface DecoderConfig extends StackConfig, DecoderParts {
  /** Width of the feed-forward block. */
  readonly intermediateSize: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads: a divisor of `heads`. */
  readonly kvHeads: number;
  /** Size of a head; `heads · headDim` need not be `hiddenSize`. */
  readonly headDim: number;
  readonly activation: Activation;
  /** Which layers have experts in place of the feed-forward block, and what they are; none where it is missing. */
  readonly experts?: ExpertsConfig | undefined;
  /** Which layers have a sliding window, as config.json says it. */
  readonly window: WindowKeys;
  /** The same, for each layer the tokens it looks back over; null for all. */
  readonly windows: readonly (number | null)[];
  /** The rotary setting of the layers with a window, where it is another. */
  readonly localRope?: RopeConfig | undefined;
}

/**
 * Reads the keys of a decoder's config.json.
 * @param where - file or recipe path the keys come from, for messages
 * @throws UserError naming the key, its value and what is known
 */
export function parseDecoderConfig(variant: DecoderVariant, keys: unknown, where: string): DecoderConfig {
  const file = parseKeys<ConfigFile>(variant.schema ?? configFileSchema, keys, where);
  const problem =
    unsupported(file) ??
    windowProblem(file, file.num_hidden_layers, variant.windows ?? null) ??
    variant.problem?.(file) ??
    (variant.sparse ? expertsProblem(file) : null);
  requireSupported(problem, where);
  return requireHeads(normalise(file, variant, where), where);
}

function normalise(file: ConfigFile, variant: DecoderVariant, where: string): DecoderConfig {
  const { defaults, windows: rule = null } = variant;
  const parts = variant.parts(file);
  const heads = file.num_attention_heads;
  const headDim = file.head_dim ?? defaults.headDim ?? file.hidden_size / heads;
  const maxPositions = file.max_position_embeddings ?? defaults.maxPositions;
  const window = rule === null ? {} : windowKeysOf(file, rule);
  const shape = { headDim: rotatedOf(headDim, parts), maxPositions };
  const sources = variant.ropes?.(file);
  return {
    modelType: variant.modelType,
    ...stackOf(file, shape, where, sources?.all),
    localRope: sources?.local && ropeOf(sources.local, shape.headDim, where),
    intermediateSize: file.intermediate_size,
    heads,
    kvHeads: file.num_key_value_heads ?? heads,
    headDim,
    activation: file.hidden_act,
    window,
    windows: windowsOf(window, file.num_hidden_layers, rule),
    experts: variant.sparse ? expertsOf(file) : undefined,
    ...parts,
  };
}

/** Dimensions of a head that turn. */
export function rotatedOf(headDim: number, { rotaryFactor = 1 }: Pick<DecoderParts, 'rotaryFactor'>): number {
  return Math.trunc(headDim * rotaryFactor);
}

/**
 * What all decoders have in their configuration.
 * @param shape - the dimensions of a head that turn, and the longest context
 * @throws UserError naming the rotary key that is not supported
 */
export function stackOf(
  file: ConfigFile,
  { headDim, maxPositions }: { readonly headDim: number; readonly maxPositions: number },
  where: string,
  source = ropeSource(file),
): Omit<StackConfig, 'modelType'> {
  const rope = ropeOf(source, headDim, where);
  const steady = steadyLength(rope, { headDim, maxPositions });
  return {
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    layers: file.num_hidden_layers,
    maxPositions,
    cachedPositions: steady === Infinity ? undefined : steady,
    rmsNormEps: file.rms_norm_eps,
    tieEmbeddings: file.tie_word_embeddings,
    rope,
    initializerRange: file.initializer_range,
    bosId: file.bos_token_id ?? null,
    eosIds: [file.eos_token_id ?? []].flat(),
    padId: file.pad_token_id ?? null,
  };
}

function ropeOf({ key, rope, theta }: RopeSource, headDim: number, where: string): RopeConfig {
  try {
    const parsed = parseRope(rope, theta, key);
    requireFactors(parsed, headDim, where);
    return parsed;
  } catch (error) {
    if (!(error instanceof RopeProblem)) throw error;
    throw new UserError(`${where}: ${error.message}`, REMEDY);
  }
}

/** @throws UserError where query heads cannot share key heads, or heads cannot be rotated */
export function requireHeads<
  Config extends Pick<DecoderConfig, 'heads' | 'kvHeads' | 'headDim' | 'hiddenSize' | 'rotaryFactor'>,
>(config: Config, where: string): Config {
  const { heads, kvHeads, headDim, hiddenSize } = config;
  const rotated = rotatedOf(headDim, config);
  if (heads % kvHeads !== 0) {
    const what = `num_attention_heads ${heads} is no multiple of num_key_value_heads ${kvHeads}`;
    throw new UserError(`${where}: ${what}`, REMEDY);
  }
  if (headDim % 2 !== 0) {
    const what = `heads of size ${headDim} (hidden_size ${hiddenSize}, num_attention_heads ${heads})`;
    throw new UserError(`${where}: ${what} cannot be rotated: the size must be even`, REMEDY);
  }
  if (rotated % 2 !== 0 || rotated === 0 || rotated > headDim) {
    const what = `partial_rotary_factor: ${config.rotaryFactor} turns ${rotated} of ${headDim} dimensions`;
    throw new UserError(`${where}: ${what}, it must be an even number`, REMEDY);
  }
  return config;
}

/** Longrope has a factor for each pair of dimensions. */
function requireFactors(rope: RopeConfig, rotated: number, where: string): void {
  if (rope.type !== 'longrope') return;
  for (const [name, { length }] of Object.entries({
    short_factor: rope.shortFactor,
    long_factor: rope.longFactor,
  })) {
    if (length === rotated / 2) continue;
    throw new UserError(
      `${where}: ${name} of longrope has ${length} numbers, ${rotated} dimensions that turn take ${rotated / 2}`,
      REMEDY,
    );
  }
}

/** The keys that `stackOf` reads, but for sizes: the inverse, with the dtype of the weights. */
export function stackKeys(config: StackConfig, dtype: DType): { readonly [key: string]: Json } {
  return {
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEps,
    tie_word_embeddings: config.tieEmbeddings,
    ...ropeKeys(config.rope),
    initializer_range: config.initializerRange,
    attention_dropout: 0,
    ...specialTokenKeys(config),
    torch_dtype: dtype,
  };
}

/** The config.json of a decoder, with keys that transformers of any version reads. */
export function decoderKeys(
  variant: DecoderVariant,
  config: DecoderConfig,
  dtype: DType,
): { readonly [key: string]: Json } {
  return {
    architectures: [variant.className],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    hidden_act: config.activation,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEps,
    tie_word_embeddings: config.tieEmbeddings,
    ...ropeKeys(config.rope),
    ...variant.keys(config),
    ...(config.experts && expertsKeys(config.experts)),
    ...(config.window as { readonly [key: string]: Json }),
    initializer_range: config.initializerRange,
    attention_dropout: 0,
    ...specialTokenKeys(config),
    torch_dtype: dtype,
  };
}

/** How the layers of a decoder can be divided over GPUs. */
export function decoderParallelShape({
  heads,
  kvHeads,
  headDim,
  layers,
  experts,
}: DecoderConfig): ParallelShape {
  const pair = 2 * heads * headDim;
  const shape = { heads, cacheHeads: kvHeads, pair, cachedPair: pair };
  if (experts === undefined) return shape;
  const { experts: count, perToken, width } = experts;
  const sparse = Array.from({ length: layers }, (_, i) => i).filter((i) => isSparse(experts, i)).length;
  return { ...shape, experts: { count, perToken, width, layers: sparse } };
}
