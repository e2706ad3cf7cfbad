/**
 * @file DeepSeek-V3 and R1 in a GGUF file: llama.cpp's architecture `deepseek2`.
 *
 * Its attention is the absorbed one: keys and values of the latents are two tensors of a matrix for each head, `attn_k_b` turned
 * round (conversion/deepseek.py). Files from before April 2025 have one, `attn_kv_b`, and are refused. Layers that
 * predict further tokens are left out, as its converter does.
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
import type { Tensor } from '../../torch/index.ts';
import type { GgufForm, GgufParameter } from '../gguf/form.ts';
import { expertParameters, FEED_FORWARD, layerParameters, stackParameters } from '../gguf/names.ts';
import { readRope, ropeMetadata } from '../gguf/rope-metadata.ts';
import {
  requireComputed,
  requiredNumber,
  requireNeutral,
  stackKeysOf,
  stackMetadata,
  u32,
} from '../gguf/stack.ts';
import type { DeepseekV3Config } from './config.ts';

const NAME = 'deepseek2';

/** `expert_gating_func`: LLAMA_EXPERT_GATING_FUNC_TYPE_SIGMOID. */
const SIGMOID = 2;

/** The layers of the model that llama.cpp takes for DeepSeek-V2-Lite, whose queries have no latent. */
const LITE = 27;

export const deepseekV3Gguf: GgufForm<DeepseekV3Config> = {
  name: NAME,
  configKeys,
  metadata: metadataOf,
  parameters: (config) => stackParameters(config, (layer) => layerOf(config, layer)),
  tables: () => [],
};

function configKeys(file: GgufFile): { readonly [key: string]: Json } {
  const { metadata } = file;
  const count = (key: string): number => metadata.requiredCount(`${NAME}.${key}`);
  requireV3(metadata);
  const rotated = count('rope.dimension_count');
  const groups = metadata.count(`${NAME}.expert_group_count`) ?? 1;
  return {
    architectures: ['DeepseekV3ForCausalLM'],
    model_type: 'deepseek_v3',
    ...stackKeysOf(file, NAME),
    intermediate_size: count('feed_forward_length'),
    hidden_act: 'silu',
    attention_bias: false,
    q_lora_rank: metadata.count(`${NAME}.attention.q_lora_rank`) ?? null,
    kv_lora_rank: count('attention.kv_lora_rank'),
    qk_nope_head_dim: count('attention.key_length_mla') - rotated,
    qk_rope_head_dim: rotated,
    v_head_dim: count('attention.value_length_mla'),
    rope_interleave: true,
    first_k_dense_replace: count('leading_dense_block_count'),
    moe_intermediate_size: count('expert_feed_forward_length'),
    n_routed_experts: count('expert_count'),
    n_shared_experts: count('expert_shared_count'),
    num_experts_per_tok: count('expert_used_count'),
    n_group: groups,
    topk_group: groups > 1 ? count('expert_group_used_count') : 1,
    norm_topk_prob: metadata.flag(`${NAME}.expert_weights_norm`) ?? false,
    routed_scaling_factor: shortestDecimal(requiredNumber(metadata, `${NAME}.expert_weights_scale`)),
    ...readRope(file, `${NAME}.rope`, { mscale: true }),
  };
}

/** The architecture is that of DeepSeek-V2 too. */
function requireV3(metadata: Metadata): void {
  requireNeutral(metadata, NAME, [['attention.sliding_window', 0]]);
  if (metadata.get(`${NAME}.expert_gating_func`) !== SIGMOID) {
    throw unsupported(
      metadata.path,
      `metadata ${NAME}.expert_gating_func is not ${SIGMOID}: a router without a sigmoid, as of DeepSeek-V2, is not supported`,
      'Use a file of DeepSeek-V3 or R1.',
    );
  }
  if (metadata.get(`${NAME}.attention.key_length_mla`) !== undefined) return;
  throw unsupported(
    metadata.path,
    `metadata has no ${NAME}.attention.key_length_mla: the file is from before April 2025`,
    'Write it again with a current llama.cpp.',
  );
}

function metadataOf(config: DeepseekV3Config, where: string): TypedValues {
  requireComputed(problemOf(config), NAME, where);
  const { rotatedDim, plainDim, valueDim, latentSize, queryRank, experts, maxPositions } = config;
  const { groups, groupsPerToken } = experts;
  const own = (key: string, value: number): readonly [string, TypedValue] => u32(`${NAME}.${key}`, value);
  const rope = { ...config, headDim: rotatedDim, maxPositions };
  return new Map<string, TypedValue>([
    ...stackMetadata(NAME, config),
    own('feed_forward_length', config.intermediateSize),
    own('leading_dense_block_count', config.denseLayers),
    // The latents are the one head of keys and values.
    own('attention.head_count_kv', 1),
    ...(queryRank === null ? [] : [own('attention.q_lora_rank', queryRank)]),
    own('attention.kv_lora_rank', latentSize),
    own('attention.key_length', latentSize + rotatedDim),
    own('attention.value_length', latentSize),
    own('attention.key_length_mla', plainDim + rotatedDim),
    own('attention.value_length_mla', valueDim),
    own('rope.dimension_count', rotatedDim),
    ...ropeMetadata(rope, `${NAME}.rope`, where, { factors: false, mscale: true }),
    own('expert_feed_forward_length', experts.width),
    own('expert_count', experts.count),
    own('expert_shared_count', experts.shared),
    own('expert_used_count', experts.perToken),
    // llama.cpp refuses groups of which all are chosen, which choose nothing.
    ...(groupsPerToken < groups
      ? [own('expert_group_count', groups), own('expert_group_used_count', groupsPerToken)]
      : []),
    own('expert_gating_func', SIGMOID),
    [`${NAME}.expert_weights_scale`, { type: 'f32', value: experts.scale }],
    [`${NAME}.expert_weights_norm`, { type: 'bool', value: experts.normalised }],
  ]);
}

/** What of a configuration llama.cpp does not compute, as a message, or null. */
function problemOf({
  activation,
  attentionBias,
  interleaved,
  queryRank,
  layers,
  experts,
  denseLayers,
}: DeepseekV3Config): string | null {
  if (activation !== 'silu') return `hidden_act ${JSON.stringify(activation)}`;
  if (attentionBias) return 'attention_bias true';
  if (!interleaved) return 'rope_interleave false';
  if ((queryRank === null) !== (layers === LITE))
    return `q_lora_rank ${queryRank} with num_hidden_layers ${layers}`;
  if (experts.shared === 0) return 'n_shared_experts 0';
  return denseLayers > layers ? `first_k_dense_replace ${denseLayers} of ${layers} layers` : null;
}

function layerOf(config: DeepseekV3Config, layer: number): GgufParameter[] {
  const { queryRank, denseLayers, experts } = config;
  const queries =
    queryRank === null
      ? ([['attn_q', 'self_attn.q_proj']] as const)
      : ([
          ['attn_q_a', 'self_attn.q_a_proj'],
          ['attn_q_a_norm', 'self_attn.q_a_layernorm'],
          ['attn_q_b', 'self_attn.q_b_proj'],
        ] as const);
  const names = [
    ['attn_norm', 'input_layernorm'],
    ...queries,
    ['attn_kv_a_mqa', 'self_attn.kv_a_proj_with_mqa'],
    ['attn_kv_a_norm', 'self_attn.kv_a_layernorm'],
    ['attn_output', 'self_attn.o_proj'],
    ['ffn_norm', 'post_attention_layernorm'],
    ...(layer < denseLayers ? FEED_FORWARD : SHARED),
  ] as const;
  return [
    ...layerParameters(layer, names),
    ...expansions(config, layer),
    ...(layer < denseLayers
      ? []
      : [
          ...expertParameters(layer, experts.count),
          {
            name: `blk.${layer}.exp_probs_b.bias`,
            parameter: `model.layers.${layer}.mlp.gate.e_score_correction_bias`,
          },
        ]),
  ];
}

const SHARED = [
  ['ffn_gate_shexp', 'mlp.shared_experts.gate_proj'],
  ['ffn_up_shexp', 'mlp.shared_experts.up_proj'],
  ['ffn_down_shexp', 'mlp.shared_experts.down_proj'],
] as const;

/** What makes keys and values of latents: kv_b_proj [heads · (d + E), C] in two tensors. */
function expansions(config: DeepseekV3Config, layer: number): GgufParameter[] {
  const { heads, plainDim: d, valueDim: E, latentSize: C } = config;
  const parameter = `model.layers.${layer}.self_attn.kv_b_proj.weight`;
  const whole = [heads * (d + E), C];
  const each = (all: Tensor): Tensor => all.view([heads, d + E, C]);
  return [
    {
      name: `blk.${layer}.attn_k_b.weight`,
      parameter,
      shapes: { tensor: [heads, C, d], parameter: whole },
      view: (all) => each(all).narrow(1, 0, d).transpose(1, 2),
    },
    {
      name: `blk.${layer}.attn_v_b.weight`,
      parameter,
      shapes: { tensor: [heads, E, C], parameter: whole },
      view: (all) => each(all).narrow(1, d, E),
    },
  ];
}
