/**
 * @file Names of a decoder's tensors in a GGUF file, and the parameters of the same model here and in transformers.
 *
 * Source: gguf-py/gguf/constants.py and tensor_mapping.py of llama.cpp.
 */
import type { Tensor } from '../../torch/index.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import type { GgufParameter } from './form.ts';

/** Name in a GGUF file, name of the module. */
type Names = readonly (readonly [part: string, module: string])[];

/** The norms of a layer, by where they are. */
const NORMS: Readonly<Record<NonNullable<DecoderConfig['norms']>, Names>> = {
  before: [
    ['attn_norm', 'input_layernorm'],
    ['ffn_norm', 'post_attention_layernorm'],
  ],
  behind: [
    ['post_attention_norm', 'post_attention_layernorm'],
    ['post_ffw_norm', 'post_feedforward_layernorm'],
  ],
  around: [
    ['attn_norm', 'input_layernorm'],
    ['post_attention_norm', 'post_attention_layernorm'],
    ['ffn_norm', 'pre_feedforward_layernorm'],
    ['post_ffw_norm', 'post_feedforward_layernorm'],
  ],
};

const QUERY_KEY_NORMS: Names = [
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
];

/** Grouped-query attention. */
export const ATTENTION: Names = [
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
];

const FUSED_ATTENTION: Names = [
  ['attn_qkv', 'self_attn.qkv_proj'],
  ['attn_output', 'self_attn.o_proj'],
];

/** A gated feed-forward block. */
export const FEED_FORWARD: Names = [
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
];

const FUSED_FEED_FORWARD: Names = [
  ['ffn_up', 'mlp.gate_up_proj'],
  ['ffn_down', 'mlp.down_proj'],
];

/** Of an expert. */
const EXPERT: Names = [
  ['ffn_gate_exps', 'gate_proj'],
  ['ffn_up_exps', 'up_proj'],
  ['ffn_down_exps', 'down_proj'],
];

/** The rotation factors of Llama 3. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** The parts of a layer, but for its norms and experts. */
function projectionsOf({ fused = false, experts }: DecoderConfig): Names {
  if (experts !== undefined) return ATTENTION;
  return fused ? [...FUSED_ATTENTION, ...FUSED_FEED_FORWARD] : [...ATTENTION, ...FEED_FORWARD];
}

function normsOf({ norms = 'before', qkNorm }: DecoderConfig): Names {
  return [...NORMS[norms], ...(qkNorm === null ? [] : QUERY_KEY_NORMS)];
}

function isBiased(part: string, config: DecoderConfig): boolean {
  if (part === 'attn_output') return config.outputBias;
  return part.startsWith('ffn_') ? config.mlpBias : config.qkvBias;
}

/** The weights of a layer with these names. */
export function layerParameters(layer: number, names: Names): GgufParameter[] {
  return names.map(([part, module]) => ({
    name: `blk.${layer}.${part}.weight`,
    parameter: `model.layers.${layer}.${module}.weight`,
  }));
}

/** The router and the experts of a layer: each of three tensors has one parameter of every expert. */
export function expertParameters(layer: number, count: number): GgufParameter[] {
  const experts = EXPERT.flatMap(([part, module]) =>
    Array.from({ length: count }, (_, index) => ({
      name: `blk.${layer}.${part}.weight`,
      parameter: `model.layers.${layer}.mlp.experts.${index}.${module}.weight`,
      index,
    })),
  );
  return [...layerParameters(layer, [['ffn_gate_inp', 'mlp.gate']]), ...experts];
}

/** The tensors of a stack: embedding, layers, final norm and head. */
export function stackParameters(
  { layers, tieEmbeddings, normOffset }: Pick<DecoderConfig, 'layers' | 'tieEmbeddings' | 'normOffset'>,
  layerOf: (layer: number) => readonly GgufParameter[],
): GgufParameter[] {
  return [
    { name: 'token_embd.weight', parameter: 'model.embed_tokens.weight' },
    ...Array.from({ length: layers }, (_, layer) => layerOf(layer)).flat(),
    { name: 'output_norm.weight', parameter: 'model.norm.weight', offset: normOffset },
    ...(tieEmbeddings ? [] : [{ name: 'output.weight', parameter: 'lm_head.weight' }]),
  ];
}

/**
 * The tensors of a decoder. llama.cpp's norms multiply by their weights alone: those with gains of 1 + w are stored so.
 * @param paired - whether the rows of each query and key head lie in pairs, as llama.cpp rotates them
 */
export function decoderParameters(config: DecoderConfig, paired: boolean): GgufParameter[] {
  const { experts, heads, kvHeads, normOffset: offset } = config;
  const viewOf = (part: string): GgufParameter['view'] => {
    if (!paired) return undefined;
    return part === 'attn_q' ? inPairs(heads) : part === 'attn_k' ? inPairs(kvHeads) : undefined;
  };
  const layer = (i: number): GgufParameter[] => [
    ...layerParameters(i, normsOf(config)).map((norm) => ({ ...norm, offset })),
    ...projectionsOf(config).flatMap(([part, module]) =>
      (isBiased(part, config) ? ['weight', 'bias'] : ['weight']).map((kind) => ({
        name: `blk.${i}.${part}.${kind}`,
        parameter: `model.layers.${i}.${module}.${kind}`,
        view: viewOf(part),
      })),
    ),
    ...(experts === undefined ? [] : expertParameters(i, experts.experts)),
  ];
  return stackParameters(config, layer);
}

/**
 * Rows in halves as rows in pairs: of each head, row i of its first half and row i of its second lie side by side (`permute` in
 * conversion/llama.py of llama.cpp). [heads · D, …] → [heads, D / 2, 2, …]
 */
function inPairs(heads: number): (parameter: Tensor) => Tensor {
  return (all) => {
    const rows = all.size(0);
    return all.view([heads, 2, rows / heads / 2, all.numel / rows]).transpose(1, 2);
  };
}
