/**
 * @file A decoder in a GGUF file: its configuration as metadata `<architecture>.*`, and back.
 *
 * Keys: docs/gguf.md of ggml and gguf-py/gguf/constants.py of llama.cpp. What a file asks for beyond the decoder here is
 * refused by its key.
 */
import {
  type GgufFile,
  type Metadata,
  shortestDecimal,
  type TypedValue,
  type TypedValues,
  unsupported,
} from '../../gguf/index.ts';
import type { Json } from '../../records.ts';
import { readGgufVocabulary } from '../../text/index.ts';
import { type DecoderConfig, type DecoderVariant, rotatedOf } from '../decoder-config.ts';
import type { DecoderGguf, GgufForm } from './form.ts';
import { decoderParameters } from './names.ts';
import { readRope, ropeMetadata, ropeTables } from './rope-metadata.ts';

export type GgufVariant = DecoderVariant & { readonly gguf: DecoderGguf<DecoderConfig> };

/** The form of a variant. */
export function decoderGguf(variant: GgufVariant): GgufForm<DecoderConfig> {
  const { gguf } = variant;
  return {
    name: gguf.name,
    ...(gguf.isOf && { isOf: gguf.isOf }),
    configKeys: (file) => configKeys(variant, file),
    metadata: (config, where) => metadataOf(gguf, config, where),
    parameters: (config) => decoderParameters(config, gguf.paired),
    tables: ({ rope, headDim }) => ropeTables(rope, headDim),
  };
}

function configKeys(variant: GgufVariant, file: GgufFile): { readonly [key: string]: Json } {
  const { metadata, tensors } = file;
  const { gguf } = variant;
  const at = gguf.name;
  const heads = metadata.requiredCount(`${at}.attention.head_count`);
  const width = metadata.requiredCount(`${at}.embedding_length`);
  const headDim = metadata.count(`${at}.attention.key_length`) ?? width / heads;
  refuseOthers(metadata, gguf, headDim);
  const vocabulary = readGgufVocabulary(metadata);
  const { eosIds } = vocabulary;
  const has = (part: string): boolean => tensors.has(`blk.0.${part}.bias`);
  return {
    architectures: [variant.className],
    model_type: variant.modelType,
    vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? vocabulary.tokens.length,
    hidden_size: width,
    intermediate_size: metadata.requiredCount(`${at}.feed_forward_length`),
    num_hidden_layers: metadata.requiredCount(`${at}.block_count`),
    num_attention_heads: heads,
    num_key_value_heads: metadata.count(`${at}.attention.head_count_kv`) ?? heads,
    head_dim: headDim,
    hidden_act: gguf.activation ?? 'silu',
    max_position_embeddings: metadata.requiredCount(`${at}.context_length`),
    rms_norm_eps: epsilonOf(metadata, at),
    tie_word_embeddings: !tensors.has('output.weight'),
    ...readRope(file, `${at}.rope`),
    attention_bias: has('attn_q'),
    mlp_bias: has('ffn_up'),
    bos_token_id: vocabulary.bosId ?? null,
    eos_token_id: eosIds.length > 1 ? [...eosIds] : (eosIds[0] ?? null),
    pad_token_id: vocabulary.padId ?? null,
    ...(gguf.windows && windowKeys(metadata, at)),
    ...gguf.keys?.(file, headDim),
  };
}

/** The windows of a file: which layers have one is said by newer files alone, where they are others than the usual ones. */
function windowKeys(metadata: Metadata, at: string): { readonly [key: string]: Json } {
  const sliding_window = metadata.requiredCount(`${at}.attention.sliding_window`);
  const pattern = metadata.get(`${at}.attention.sliding_window_pattern`);
  if (!Array.isArray(pattern)) return { sliding_window };
  return {
    sliding_window,
    layer_types: pattern.map((slides) => (slides ? 'sliding_attention' : 'full_attention')),
  };
}

function epsilonOf(metadata: Metadata, at: string): number {
  const key = `${at}.attention.layer_norm_rms_epsilon`;
  const value = metadata.number(key);
  if (value !== undefined) return shortestDecimal(value);
  throw unsupported(
    metadata.path,
    `metadata has no ${key}`,
    'Use a file as llama.cpp’s converter writes it.',
  );
}

/** Refuses a file that asks for what the decoder does not compute. */
function refuseOthers(metadata: Metadata, gguf: DecoderGguf<DecoderConfig>, headDim: number): void {
  const { name: at, windows, partial = false } = gguf;
  const neutral: readonly (readonly [key: string, value: number | boolean])[] = [
    ['expert_count', 0],
    ['attention.value_length', headDim],
    ...(windows || partial ? [] : [['attention.sliding_window', 0] as const]),
    ['attention.causal', true],
    ['attention.clamp_kqv', 0],
    ['attention.max_alibi_bias', 0],
    ['attention.scale', 0],
    ...(partial ? [] : [['rope.dimension_count', headDim] as const]),
    ['use_parallel_residual', false],
    ['logit_scale', 1],
    ['residual_scale', 1],
    ['embedding_scale', 1],
  ];
  for (const [key, value] of neutral) {
    const found = metadata.get(`${at}.${key}`);
    if (found === undefined || found === value) continue;
    throw unsupported(
      metadata.path,
      `metadata ${at}.${key} ${String(found)} is not supported (only ${value})`,
      'Use a file of a dense model without sliding windows or scaled states.',
    );
  }
}

function metadataOf(gguf: DecoderGguf<DecoderConfig>, config: DecoderConfig, where: string): TypedValues {
  requireComputed(gguf, config, where);
  const at = gguf.name;
  const u32 = (key: string, value: number) => [`${at}.${key}`, { type: 'u32', value }] as const;
  const window = gguf.windows && config.windows.find((own) => own !== null);
  return new Map<string, TypedValue>([
    u32('block_count', config.layers),
    u32('context_length', config.maxPositions),
    u32('embedding_length', config.hiddenSize),
    u32('feed_forward_length', config.intermediateSize),
    u32('attention.head_count', config.heads),
    u32('attention.head_count_kv', config.kvHeads),
    u32('attention.key_length', config.headDim),
    u32('attention.value_length', config.headDim),
    [`${at}.attention.layer_norm_rms_epsilon`, { type: 'f32', value: config.rmsNormEps }],
    u32('rope.dimension_count', rotatedOf(config.headDim, config)),
    ...ropeMetadata(config, `${at}.rope`, where, gguf),
    ...(window == null ? [] : [u32('attention.sliding_window', window)]),
    u32('vocab_size', config.vocabSize),
  ]);
}

/** Whether llama.cpp computes the windows. One as long as the context hides nothing. */
function hasWindows(
  { windows: known }: DecoderGguf<DecoderConfig>,
  { windows, maxPositions }: DecoderConfig,
): boolean {
  const narrow = windows.map((window) => (window !== null && window < maxPositions ? window : null));
  if (known === undefined) return narrow.every((window) => window === null);
  return narrow.every((window, layer) => (window === null) === ((layer + 1) % known.period === 0));
}

/** Refuses a configuration that llama.cpp does not compute for the architecture. */
function requireComputed(gguf: DecoderGguf<DecoderConfig>, config: DecoderConfig, where: string): void {
  const { activation, heads, headDim, hiddenSize } = config;
  const bias = (['outputBias', 'mlpBias'] as const).find((one) => config[one] && !gguf.biases.includes(one));
  const problem =
    activation !== (gguf.activation ?? 'silu')
      ? `hidden_act ${JSON.stringify(activation)}`
      : !hasWindows(gguf, config)
        ? gguf.windows
          ? 'the choice of layers with a window'
          : 'a sliding window'
        : bias !== undefined
          ? `a bias of ${bias === 'mlpBias' ? 'the feed-forward block' : 'o_proj'}`
          : !gguf.freeHeads && heads * headDim !== hiddenSize
            ? `head_dim ${headDim} with num_attention_heads ${heads} and hidden_size ${hiddenSize}`
            : (gguf.problem?.(config) ?? null);
  if (problem === null) return;
  throw unsupported(
    where,
    `${problem} has no equivalent in llama.cpp’s architecture ${gguf.name}`,
    'Keep the model as a Hugging Face folder.',
  );
}
