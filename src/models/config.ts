/**
 * @file DecoderConfig: what a model is, normalised from a config.json of any transformers version, and back.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError, UserError } from '../errors.ts';
import type { Activation, RopeConfig } from '../nn/index.ts';
import type { Json } from '../records.ts';
import type { DType } from '../tensor/index.ts';
import type { Architecture, DecoderParts } from './architecture.ts';
import { type ConfigFile, configFileSchema, unsupported } from './config-file.ts';
import { describeIssue } from './expectation.ts';
import { ARCHITECTURES } from './registry.ts';
import { parseRope, RopeProblem, ropeKeys } from './rope-file.ts';

export interface DecoderConfig extends DecoderParts {
  /** `model_type`: a key of ARCHITECTURES. */
  readonly modelType: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  /** Width of the feed-forward block. */
  readonly intermediateSize: number;
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads: a divisor of `heads`. */
  readonly kvHeads: number;
  /** Size of a head; `heads · headDim` need not be `hiddenSize`. */
  readonly headDim: number;
  readonly activation: Activation;
  /** Longest context the model was made for. */
  readonly maxPositions: number;
  readonly rmsNormEps: number;
  /** The head's weights are those of the embedding. */
  readonly tieEmbeddings: boolean;
  readonly rope: RopeConfig;
  /** Standard deviation of random weights. */
  readonly initializerRange: number;
  readonly bosId: number | null;
  /** Tokens that end a response; may be empty. */
  readonly eosIds: readonly number[];
  readonly padId: number | null;
}

const REMEDY = 'use the config.json of a supported model, or change the key named';

/**
 * Reads the keys of a config.json, `rope_parameters` and `dtype` or the older `rope_theta`, `rope_scaling`.
 *
 * @param where - file or recipe path the keys come from, for messages
 * @throws UserError naming the key, its value and what is known
 */
export function parseConfig(keys: unknown, where: string): DecoderConfig {
  const architecture = architectureOf(keys, where);
  const parsed = configFileSchema.safeParse(keys);
  if (!parsed.success)
    throw new UserError(`${where}: ${describeIssue(parsed.error.issues[0]!, keys)}`, REMEDY);
  const problem = unsupported(parsed.data);
  if (problem !== null) throw new UserError(`${where}: ${problem}`, REMEDY);
  return checked(normalise(parsed.data, architecture, where), where);
}

function architectureOf(keys: unknown, where: string): Architecture {
  const type = (keys as { model_type?: unknown } | null)?.model_type;
  const architecture = ARCHITECTURES.get(String(type));
  if (architecture !== undefined) return architecture;
  const known = [...ARCHITECTURES.keys()].join(', ');
  const found = type === undefined ? 'model_type is missing' : `unknown model_type ${JSON.stringify(type)}`;
  throw new UserError(`${where}: ${found}`, `known architectures: ${known}`);
}

function normalise(file: ConfigFile, architecture: Architecture, where: string): DecoderConfig {
  const { defaults } = architecture;
  const heads = file.num_attention_heads;
  return {
    modelType: architecture.modelType,
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads,
    kvHeads: file.num_key_value_heads ?? heads,
    headDim: file.head_dim ?? defaults.headDim ?? file.hidden_size / heads,
    activation: file.hidden_act,
    maxPositions: file.max_position_embeddings ?? defaults.maxPositions,
    rmsNormEps: file.rms_norm_eps,
    tieEmbeddings: file.tie_word_embeddings,
    rope: ropeOf(file, where),
    initializerRange: file.initializer_range,
    bosId: file.bos_token_id ?? null,
    eosIds: [file.eos_token_id ?? []].flat(),
    padId: file.pad_token_id ?? null,
    ...architecture.parts(file),
  };
}

function ropeOf(file: ConfigFile, where: string): RopeConfig {
  const [key, rope] = file.rope_parameters
    ? (['rope_parameters', file.rope_parameters] as const)
    : (['rope_scaling', file.rope_scaling ?? {}] as const);
  try {
    return parseRope(rope, rope.rope_theta ?? file.rope_theta, key);
  } catch (error) {
    if (!(error instanceof RopeProblem)) throw error;
    throw new UserError(`${where}: ${error.message}`, REMEDY);
  }
}

function checked(config: DecoderConfig, where: string): DecoderConfig {
  const { heads, kvHeads, headDim, hiddenSize } = config;
  if (heads % kvHeads !== 0) {
    const what = `num_attention_heads ${heads} is no multiple of num_key_value_heads ${kvHeads}`;
    throw new UserError(`${where}: ${what}`, REMEDY);
  }
  if (headDim % 2 !== 0) {
    const what = `heads of size ${headDim} (hidden_size ${hiddenSize}, num_attention_heads ${heads})`;
    throw new UserError(`${where}: ${what} cannot be rotated: the size must be even`, REMEDY);
  }
  return config;
}

/**
 * Reads `config.json` of a checkpoint.
 * @throws UsageError where there is none
 */
export function readConfig(dir: string): DecoderConfig {
  const file = path.join(dir, 'config.json');
  return parseConfig(readJson(file, 'give a folder with a Hugging Face checkpoint'), file);
}

/** Parses a JSON file of a checkpoint; absent and malformed files are the user's to mend. */
export function readJson(file: string, remedy: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${file}: ${(cause as Error).message}`, remedy, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${file} is not JSON: ${(cause as Error).message}`, 'fetch the file again', {
      cause,
    });
  }
}

/** The config.json of a model, with keys that transformers of any version reads. */
export function configKeys(config: DecoderConfig, dtype: DType): { readonly [key: string]: Json } {
  const architecture = ARCHITECTURES.get(config.modelType)!;
  return {
    architectures: [architecture.className],
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
    ...architecture.keys(config),
    initializer_range: config.initializerRange,
    attention_dropout: 0,
    ...specialTokenKeys(config),
    torch_dtype: dtype,
  };
}

/** Ids of special tokens, as config.json and generation_config.json have them. */
export function specialTokenKeys(config: DecoderConfig): { readonly [key: string]: Json } {
  const { bosId, eosIds, padId } = config;
  return {
    bos_token_id: bosId,
    eos_token_id: eosIds.length > 1 ? eosIds : (eosIds[0] ?? null),
    pad_token_id: padId,
  };
}
