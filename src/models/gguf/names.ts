/**
 * @file Names of a decoder's tensors in a GGUF file, and the parameters of the same model here and in transformers.
 *
 * Source: gguf-py/gguf/constants.py and tensor_mapping.py of llama.cpp.
 */
import type { DecoderConfig } from '../decoder-config.ts';
import type { GgufParameter } from './form.ts';

/** Parts of a layer: name in a GGUF file, name of the module. */
const LAYER = [
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
] as const;

type Part = (typeof LAYER)[number][0];

/** The rotation factors of Llama 3. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** What of a part of a layer there is. */
function kindsOf(part: Part, config: DecoderConfig): readonly ('weight' | 'bias')[] {
  if (part === 'attn_q_norm' || part === 'attn_k_norm') return config.qkNorm ? ['weight'] : [];
  const biased =
    part === 'attn_output'
      ? config.outputBias
      : part.startsWith('ffn_') && part !== 'ffn_norm'
        ? config.mlpBias
        : ['attn_q', 'attn_k', 'attn_v'].includes(part) && config.qkvBias;
  return biased ? ['weight', 'bias'] : ['weight'];
}

/**
 * The tensors of a decoder.
 * @param paired - whether the rows of each query and key head lie in pairs, as llama.cpp rotates them
 */
export function decoderParameters(config: DecoderConfig, paired: boolean): GgufParameter[] {
  const headsOf = (part: Part): number | undefined => {
    if (!paired) return undefined;
    return part === 'attn_q' ? config.heads : part === 'attn_k' ? config.kvHeads : undefined;
  };
  const layer = (i: number): GgufParameter[] =>
    LAYER.flatMap(([part, module]) =>
      kindsOf(part, config).map((kind) => ({
        name: `blk.${i}.${part}.${kind}`,
        parameter: `model.layers.${i}.${module}.${kind}`,
        pairedHeads: headsOf(part),
      })),
    );
  return [
    { name: 'token_embd.weight', parameter: 'model.embed_tokens.weight' },
    ...Array.from({ length: config.layers }, (_, i) => layer(i)).flat(),
    { name: 'output_norm.weight', parameter: 'model.norm.weight' },
    ...(config.tieEmbeddings ? [] : [{ name: 'output.weight', parameter: 'lm_head.weight' }]),
  ];
}
