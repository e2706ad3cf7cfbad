/**
 * @file Names of a decoder's tensors in a GGUF file, and the parameters of the same model here and in transformers.
 *
 * Source: gguf-py/gguf/constants.py and tensor_mapping.py of llama.cpp.
 */
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

const APART: Names = [
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
];

const FUSED: Names = [
  ['attn_qkv', 'self_attn.qkv_proj'],
  ['ffn_up', 'mlp.gate_up_proj'],
];

const LEADING_OUT: Names = [
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_down', 'mlp.down_proj'],
];

/** The rotation factors of Llama 3. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** The parts of a layer, but for its norms. */
function projectionsOf({ fused = false }: DecoderConfig): Names {
  return [...(fused ? FUSED : APART), ...LEADING_OUT];
}

function normsOf({ norms = 'before', qkNorm }: DecoderConfig): Names {
  return [...NORMS[norms], ...(qkNorm === null ? [] : QUERY_KEY_NORMS)];
}

function isBiased(part: string, config: DecoderConfig): boolean {
  if (part === 'attn_output') return config.outputBias;
  return part.startsWith('ffn_') ? config.mlpBias : config.qkvBias;
}

/**
 * The tensors of a decoder. llama.cpp's norms multiply by their weights alone: those with gains of 1 + w are stored so.
 * @param paired - whether the rows of each query and key head lie in pairs, as llama.cpp rotates them
 */
export function decoderParameters(config: DecoderConfig, paired: boolean): GgufParameter[] {
  const headsOf = (part: string): number | undefined => {
    if (!paired) return undefined;
    return part === 'attn_q' ? config.heads : part === 'attn_k' ? config.kvHeads : undefined;
  };
  const offset = config.normOffset;
  const layer = (i: number): GgufParameter[] => [
    ...normsOf(config).map(([part, module]) => ({
      name: `blk.${i}.${part}.weight`,
      parameter: `model.layers.${i}.${module}.weight`,
      offset,
    })),
    ...projectionsOf(config).flatMap(([part, module]) =>
      (isBiased(part, config) ? ['weight', 'bias'] : ['weight']).map((kind) => ({
        name: `blk.${i}.${part}.${kind}`,
        parameter: `model.layers.${i}.${module}.${kind}`,
        pairedHeads: headsOf(part),
      })),
    ),
  ];
  return [
    { name: 'token_embd.weight', parameter: 'model.embed_tokens.weight' },
    ...Array.from({ length: config.layers }, (_, i) => layer(i)).flat(),
    { name: 'output_norm.weight', parameter: 'model.norm.weight', offset },
    ...(config.tieEmbeddings ? [] : [{ name: 'output.weight', parameter: 'lm_head.weight' }]),
  ];
}
