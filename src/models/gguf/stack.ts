/**
 * @file The metadata that all decoders have in a GGUF file, and its keys in config.json.
 *
 * Keys: docs/gguf.md of ggml and gguf-py/gguf/constants.py of llama.cpp. What a file asks for beyond what is computed here is
 * refused by its key.
 */
import {
  type GgufFile,
  type Metadata,
  shortestDecimal,
  type TypedValue,
  unsupported,
} from '../../gguf/index.ts';
import type { Json } from '../../records.ts';
import { readGgufVocabulary } from '../../text/index.ts';
import type { StackConfig } from '../decoder-form.ts';

type Keys = { readonly [key: string]: Json };

/** A key of an architecture with a whole number. */
export function u32(key: string, value: number): readonly [string, TypedValue] {
  return [key, { type: 'u32', value }];
}

/** @param at - `general.architecture`, with which the keys begin */
export function stackMetadata(
  at: string,
  config: StackConfig & { readonly heads: number },
): (readonly [string, TypedValue])[] {
  return [
    u32(`${at}.block_count`, config.layers),
    u32(`${at}.context_length`, config.maxPositions),
    u32(`${at}.embedding_length`, config.hiddenSize),
    u32(`${at}.attention.head_count`, config.heads),
    [`${at}.attention.layer_norm_rms_epsilon`, { type: 'f32', value: config.rmsNormEps }],
    u32(`${at}.vocab_size`, config.vocabSize),
  ];
}

/** The keys of config.json that `stackMetadata` and the tensors stand for. */
export function stackKeysOf({ metadata, tensors }: GgufFile, at: string): Keys {
  const vocabulary = readGgufVocabulary(metadata);
  const { eosIds } = vocabulary;
  return {
    vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? vocabulary.tokens.length,
    hidden_size: metadata.requiredCount(`${at}.embedding_length`),
    num_hidden_layers: metadata.requiredCount(`${at}.block_count`),
    num_attention_heads: metadata.requiredCount(`${at}.attention.head_count`),
    max_position_embeddings: metadata.requiredCount(`${at}.context_length`),
    rms_norm_eps: shortestDecimal(requiredNumber(metadata, `${at}.attention.layer_norm_rms_epsilon`)),
    tie_word_embeddings: !tensors.has('output.weight'),
    bos_token_id: vocabulary.bosId ?? null,
    eos_token_id: eosIds.length > 1 ? [...eosIds] : (eosIds[0] ?? null),
    pad_token_id: vocabulary.padId ?? null,
  };
}

export function requiredNumber(metadata: Metadata, key: string): number {
  const value = metadata.number(key);
  if (value !== undefined) return value;
  throw unsupported(
    metadata.path,
    `metadata has no ${key}`,
    'Use a file as llama.cpp’s converter writes it.',
  );
}

/** Keys that all decoders must leave at what does nothing. */
const NEUTRAL: readonly (readonly [key: string, value: number | boolean])[] = [
  ['attention.causal', true],
  ['attention.clamp_kqv', 0],
  ['attention.max_alibi_bias', 0],
  ['attention.scale', 0],
  ['use_parallel_residual', false],
  ['logit_scale', 1],
  ['residual_scale', 1],
  ['embedding_scale', 1],
];

/**
 * Refuses a file that asks for what is not computed.
 * @param own - further keys, and the only value of each
 */
export function requireNeutral(
  metadata: Metadata,
  at: string,
  own: readonly (readonly [key: string, value: number | boolean])[],
): void {
  for (const [key, value] of [...NEUTRAL, ...own]) {
    const found = metadata.get(`${at}.${key}`);
    if (found === undefined || found === value) continue;
    throw unsupported(
      metadata.path,
      `metadata ${at}.${key} ${String(found)} is not supported (only ${value})`,
      'Take the model’s Hugging Face folder instead, if its architecture is one of those in docs/checkpoints.md.',
    );
  }
}

/** Refuses a configuration that llama.cpp does not compute. @param problem - what of it, or null */
export function requireComputed(problem: string | null, at: string, where: string): void {
  if (problem === null) return;
  throw unsupported(
    where,
    `${problem} has no equivalent in llama.cpp’s architecture ${at}`,
    'Keep the model as a Hugging Face folder.',
  );
}
