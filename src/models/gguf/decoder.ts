/** @file A variant of the shared decoder in a GGUF file: its configuration as metadata `<architecture>.*`, and back. */
import type { GgufFile, Metadata, TypedValue, TypedValues } from '../../gguf/index.ts';
import type { Json } from '../../records.ts';
import { type DecoderConfig, type DecoderVariant, rotatedOf } from '../decoder-config.ts';
import type { DecoderGguf, GgufForm } from './form.ts';
import { decoderParameters } from './names.ts';
import { readRope, ropeMetadata, ropeTables } from './rope-metadata.ts';
import { requireComputed, requireNeutral, stackKeysOf, stackMetadata, u32 } from './stack.ts';

export type GgufVariant = DecoderVariant & { readonly gguf: DecoderGguf<DecoderConfig> };

type Keys = { readonly [key: string]: Json };

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

function configKeys(variant: GgufVariant, file: GgufFile): Keys {
  const { metadata, tensors } = file;
  const { gguf } = variant;
  const at = gguf.name;
  const stack = stackKeysOf(file, at);
  const { num_attention_heads: heads, hidden_size: width } = stack as Record<string, number>;
  const headDim = metadata.count(`${at}.attention.key_length`) ?? width! / heads!;
  requireNeutral(metadata, at, neutralOf(gguf, headDim));
  const has = (part: string): boolean => tensors.has(`blk.0.${part}.bias`);
  return {
    architectures: [variant.className],
    model_type: variant.modelType,
    ...stack,
    intermediate_size: metadata.requiredCount(`${at}.feed_forward_length`),
    num_key_value_heads: metadata.count(`${at}.attention.head_count_kv`) ?? heads!,
    head_dim: headDim,
    hidden_act: gguf.activation ?? 'silu',
    ...readRope(file, `${at}.rope`),
    attention_bias: has('attn_q'),
    mlp_bias: has('ffn_up'),
    ...(gguf.windows && windowKeys(metadata, at)),
    ...(gguf.sparse && expertKeys(metadata, at)),
    ...gguf.keys?.(file, headDim),
  };
}

/** The windows of a file: which layers have one is said by newer files alone, where they are others than the usual ones. */
function windowKeys(metadata: Metadata, at: string): Keys {
  const sliding_window = metadata.requiredCount(`${at}.attention.sliding_window`);
  const pattern = metadata.get(`${at}.attention.sliding_window_pattern`);
  if (!Array.isArray(pattern)) return { sliding_window };
  return {
    sliding_window,
    layer_types: pattern.map((slides) => (slides ? 'sliding_attention' : 'full_attention')),
  };
}

/** The experts of a file: all its layers have some, and their weights are divided by their sum. */
function expertKeys(metadata: Metadata, at: string): Keys {
  return {
    num_experts: metadata.requiredCount(`${at}.expert_count`),
    num_experts_per_tok: metadata.requiredCount(`${at}.expert_used_count`),
    moe_intermediate_size: metadata.requiredCount(`${at}.expert_feed_forward_length`),
    norm_topk_prob: true,
    decoder_sparse_step: 1,
    mlp_only_layers: [],
  };
}

function neutralOf(
  { windows, partial = false, sparse = false }: DecoderGguf<DecoderConfig>,
  headDim: number,
): (readonly [key: string, value: number])[] {
  return [
    ...(sparse ? [] : [['expert_count', 0] as const]),
    ['attention.value_length', headDim],
    ...(windows || partial ? [] : [['attention.sliding_window', 0] as const]),
    ...(partial ? [] : [['rope.dimension_count', headDim] as const]),
  ];
}

function metadataOf(gguf: DecoderGguf<DecoderConfig>, config: DecoderConfig, where: string): TypedValues {
  const at = gguf.name;
  requireComputed(problemOf(gguf, config), at, where);
  const window = gguf.windows && config.windows.find((own) => own !== null);
  const { experts } = config;
  return new Map<string, TypedValue>([
    ...stackMetadata(at, config),
    u32(`${at}.feed_forward_length`, config.intermediateSize),
    u32(`${at}.attention.head_count_kv`, config.kvHeads),
    u32(`${at}.attention.key_length`, config.headDim),
    u32(`${at}.attention.value_length`, config.headDim),
    u32(`${at}.rope.dimension_count`, rotatedOf(config.headDim, config)),
    ...ropeMetadata(config, `${at}.rope`, where, gguf),
    ...(window == null ? [] : [u32(`${at}.attention.sliding_window`, window)]),
    ...(experts === undefined
      ? []
      : [
          u32(`${at}.expert_count`, experts.experts),
          u32(`${at}.expert_used_count`, experts.perToken),
          u32(`${at}.expert_feed_forward_length`, experts.width),
        ]),
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

/** What of a configuration llama.cpp does not compute, as a message, or null. */
function problemOf(gguf: DecoderGguf<DecoderConfig>, config: DecoderConfig): string | null {
  const { activation, heads, headDim, hiddenSize, experts } = config;
  if (activation !== (gguf.activation ?? 'silu')) return `hidden_act ${JSON.stringify(activation)}`;
  if (!hasWindows(gguf, config))
    return gguf.windows ? 'the choice of layers with a window' : 'a sliding window';
  const bias = (['outputBias', 'mlpBias'] as const).find((one) => config[one] && !gguf.biases.includes(one));
  if (bias !== undefined) return `a bias of ${bias === 'mlpBias' ? 'the feed-forward block' : 'o_proj'}`;
  if (!gguf.freeHeads && heads * headDim !== hiddenSize)
    return `head_dim ${headDim} with num_attention_heads ${heads} and hidden_size ${hiddenSize}`;
  if (experts !== undefined && (experts.sparseStep !== 1 || experts.denseLayers.length > 0))
    return 'a layer without experts';
  if (experts?.normalised === false) return 'norm_topk_prob false';
  return gguf.problem?.(config) ?? null;
}
