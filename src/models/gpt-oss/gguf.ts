/**
 * @file gpt-oss in a GGUF file: llama.cpp's architecture `gpt-oss`.
 *
 * Gate and up of the experts are two tensors, and weights are turned round: [experts, out, in] (conversion/gpt_oss.py).
 * Published models have YaRN with `truncate: false`, which a file does not say; it is read as that.
 */
import type { GgufFile, TypedValue, TypedValues } from '../../gguf/index.ts';
import type { Json } from '../../records.ts';
import type { Tensor } from '../../torch/index.ts';
import type { GgufForm, GgufParameter } from '../gguf/form.ts';
import { ATTENTION, layerParameters, stackParameters } from '../gguf/names.ts';
import { readRope, ropeMetadata } from '../gguf/rope-metadata.ts';
import { requireComputed, requireNeutral, stackKeysOf, stackMetadata, u32 } from '../gguf/stack.ts';
import { type GptOssConfig, gptOssWindows } from './config.ts';

const NAME = 'gpt-oss';

/** Constants of its activation in llama.cpp (build_moe_ffn in src/llama-graph.cpp). */
const ALPHA = 1.702;
const LIMIT = 7;

export const gptOssGguf: GgufForm<GptOssConfig> = {
  name: NAME,
  configKeys,
  metadata: metadataOf,
  parameters: (config) => stackParameters(config, (layer) => layerOf(config, layer)),
  tables: () => [],
};

function configKeys(file: GgufFile): { readonly [key: string]: Json } {
  const { metadata } = file;
  const count = (key: string): number => metadata.requiredCount(`${NAME}.${key}`);
  const headDim = count('attention.key_length');
  requireNeutral(metadata, NAME, [
    ['attention.value_length', headDim],
    ['rope.dimension_count', headDim],
  ]);
  return {
    architectures: ['GptOssForCausalLM'],
    model_type: 'gpt_oss',
    ...stackKeysOf(file, NAME),
    intermediate_size: count('expert_feed_forward_length'),
    num_key_value_heads: count('attention.head_count_kv'),
    head_dim: headDim,
    attention_bias: true,
    sliding_window: count('attention.sliding_window'),
    num_local_experts: count('expert_count'),
    num_experts_per_tok: count('expert_used_count'),
    swiglu_alpha: ALPHA,
    swiglu_limit: LIMIT,
    ...readGptOssRope(file),
  };
}

/** Where a file has no scaling this is said, as config.json without any has that of the published models. */
function readGptOssRope(file: GgufFile): { readonly [key: string]: Json } {
  const { rope_theta, rope_scaling } = readRope(file, `${NAME}.rope`, { untruncated: true });
  return { rope_theta: rope_theta!, rope_scaling: rope_scaling ?? { rope_type: 'default' } };
}

function metadataOf(config: GptOssConfig, where: string): TypedValues {
  requireComputed(problemOf(config), NAME, where);
  const { experts, headDim, kvHeads, window } = config;
  const own = (key: string, value: number): readonly [string, TypedValue] => u32(`${NAME}.${key}`, value);
  return new Map<string, TypedValue>([
    ...stackMetadata(NAME, config),
    own('feed_forward_length', experts.width),
    own('attention.head_count_kv', kvHeads),
    own('attention.key_length', headDim),
    own('attention.value_length', headDim),
    own('attention.sliding_window', window!),
    own('rope.dimension_count', headDim),
    ...ropeMetadata(config, `${NAME}.rope`, where, { factors: false, untruncated: true }),
    own('expert_feed_forward_length', experts.width),
    own('expert_count', experts.count),
    own('expert_used_count', experts.perToken),
  ]);
}

/** What of a configuration llama.cpp does not compute, as a message, or null. */
function problemOf(config: GptOssConfig): string | null {
  const { attentionBias, experts, tieEmbeddings } = config;
  if (!attentionBias) return 'attention_bias false';
  if (tieEmbeddings) return 'tie_word_embeddings true';
  if (experts.alpha !== ALPHA) return `swiglu_alpha ${experts.alpha}`;
  if (experts.limit !== LIMIT) return `swiglu_limit ${experts.limit}`;
  const slides = gptOssWindows(config).map((window) => window !== null);
  return slides.every((one, layer) => one === (layer % 2 === 0))
    ? null
    : 'the choice of layers with a window';
}

function layerOf(config: GptOssConfig, layer: number): GgufParameter[] {
  const names = [
    ['attn_norm', 'input_layernorm'],
    ...ATTENTION,
    ['post_attention_norm', 'post_attention_layernorm'],
  ] as const;
  const at = `model.layers.${layer}`;
  const biases = ATTENTION.map(([part, module]) => ({
    name: `blk.${layer}.${part}.bias`,
    parameter: `${at}.${module}.bias`,
  }));
  const router = ['weight', 'bias'].map((kind) => ({
    name: `blk.${layer}.ffn_gate_inp.${kind}`,
    parameter: `${at}.mlp.router.${kind}`,
  }));
  const sinks = { name: `blk.${layer}.attn_sinks.weight`, parameter: `${at}.self_attn.sinks` };
  return [...layerParameters(layer, names), ...biases, sinks, ...router, ...expertsOf(config, layer)];
}

/** gate_up_proj [E, D, 2 I], gate and up in turn, in two tensors; down_proj [E, I, D]; and their biases. */
function expertsOf({ hiddenSize: D, experts }: GptOssConfig, layer: number): GgufParameter[] {
  const { count: E, width: I } = experts;
  const at = `model.layers.${layer}.mlp.experts`;
  const half = (part: string, which: number): GgufParameter[] => [
    {
      name: `blk.${layer}.${part}.weight`,
      parameter: `${at}.gate_up_proj`,
      shapes: { tensor: [E, I, D], parameter: [E, D, 2 * I] },
      view: (all) => all.view([E, D, I, 2]).select(3, which).transpose(1, 2),
    },
    {
      name: `blk.${layer}.${part}.bias`,
      parameter: `${at}.gate_up_proj_bias`,
      shapes: { tensor: [E, I], parameter: [E, 2 * I] },
      view: (all) => all.view([E, I, 2]).select(2, which),
    },
  ];
  return [
    ...half('ffn_gate_exps', 0),
    ...half('ffn_up_exps', 1),
    {
      name: `blk.${layer}.ffn_down_exps.weight`,
      parameter: `${at}.down_proj`,
      shapes: { tensor: [E, D, I], parameter: [E, I, D] },
      view: (all: Tensor) => all.transpose(1, 2),
    },
    { name: `blk.${layer}.ffn_down_exps.bias`, parameter: `${at}.down_proj_bias` },
  ];
}
