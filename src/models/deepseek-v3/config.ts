/** @file The config.json of DeepSeek-V3 and R1, and back. Where a key is missing, transformers' default holds. */
import { z } from 'zod';
import type { Json } from '../../records.ts';
import type { DType } from '../../torch/index.ts';
import { configFileSchema, parseKeys, requireSupported, unsupported } from '../config-file.ts';
import { count, expertCount, MAX_EXPERTS, width } from '../config-sizes.ts';
import { stackKeys, stackOf } from '../decoder-config.ts';
import type { StackConfig } from '../decoder-form.ts';
import type { Activation } from '../layers/index.ts';
import { windowProblem } from '../window-file.ts';

export interface DeepseekV3Config extends StackConfig {
  readonly heads: number;
  /** Width of the feed-forward blocks without experts. */
  readonly intermediateSize: number;
  readonly activation: Activation;
  /** Biases of q_a_proj, kv_a_proj_with_mqa and o_proj. */
  readonly attentionBias: boolean;
  /** Rank of the queries' latent; null: they are one projection of the states. */
  readonly queryRank: number | null;
  /** Rank of the latent of keys and values, C. */
  readonly latentSize: number;
  /** Of a query or key head, dimensions without a position and with one; of a value head. */
  readonly plainDim: number;
  readonly rotatedDim: number;
  readonly valueDim: number;
  /** Neighbouring dimensions turn together; else dimension i turns with i + rotatedDim / 2. */
  readonly interleaved: boolean;
  /** The first so many layers have no experts. */
  readonly denseLayers: number;
  readonly experts: {
    readonly count: number;
    readonly perToken: number;
    readonly width: number;
    /** Experts that read every token. */
    readonly shared: number;
    readonly groups: number;
    readonly groupsPerToken: number;
    readonly normalised: boolean;
    readonly scale: number;
  };
  readonly storedPredictors: number;
}

const number = z.number().int().nonnegative();

const fileSchema = configFileSchema.extend({
  max_position_embeddings: count.default(4096),
  q_lora_rank: width.nullable().default(1536),
  kv_lora_rank: width.default(512),
  qk_nope_head_dim: width.default(128),
  qk_rope_head_dim: width.multipleOf(2, 'must be even, to be rotated').default(64),
  v_head_dim: width.default(128),
  rope_interleave: z.boolean().default(true),
  first_k_dense_replace: number.default(3),
  moe_layer_freq: z.literal(1).default(1),
  moe_intermediate_size: width.default(2048),
  n_routed_experts: expertCount.default(256),
  n_shared_experts: number
    .max(MAX_EXPERTS)
    .nullish()
    .transform((value) => value ?? 0),
  num_experts_per_tok: count.default(8),
  n_group: count.nullish().transform((value) => value ?? 1),
  topk_group: count.nullish().transform((value) => value ?? 1),
  scoring_func: z.literal('sigmoid').default('sigmoid'),
  topk_method: z.literal('noaux_tc').default('noaux_tc'),
  norm_topk_prob: z.boolean().default(true),
  routed_scaling_factor: z.number().positive().default(2.5),
  num_nextn_predict_layers: number.default(0),
});

type File = z.output<typeof fileSchema>;

/**
 * Reads the keys of a config.json.
 * @param where - file or recipe path the keys come from, for messages
 * @throws UserError naming the key, its value and what is known
 */
export function parseDeepseekV3(keys: unknown, where: string): DeepseekV3Config {
  const file = parseKeys(fileSchema, keys, where);
  const problem =
    unsupported(file) ??
    windowProblem(file, file.num_hidden_layers, null) ??
    attentionProblem(file) ??
    expertsProblem(file);
  requireSupported(problem, where);
  return normalise(file, where);
}

/** What of attention is not computed, as a message, or null. */
function attentionProblem(file: File): string | null {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim, qk_rope_head_dim } = file;
  if (kvHeads != null && kvHeads !== heads)
    return `num_key_value_heads: ${kvHeads}, of latent attention it must be num_attention_heads, ${heads}`;
  if (head_dim != null && head_dim !== qk_rope_head_dim)
    return `head_dim: ${head_dim}, it must be qk_rope_head_dim, ${qk_rope_head_dim}`;
  return null;
}

/** What is wrong with the experts, as a message, or null. */
function expertsProblem(file: File): string | null {
  const { n_routed_experts: all, n_group: groups, topk_group: chosen, num_experts_per_tok: perToken } = file;
  if (all % groups !== 0) return `n_routed_experts: ${all} is no multiple of n_group, ${groups}`;
  if (chosen > groups) return `topk_group: ${chosen} of ${groups} groups (n_group)`;
  const size = all / groups;
  if (groups > 1 && size < 2) return `n_group: ${groups} groups of one expert, each must have two at least`;
  if (perToken > chosen * size)
    return `num_experts_per_tok: ${perToken} of the ${chosen * size} experts in topk_group groups`;
  return null;
}

function normalise(file: File, where: string): DeepseekV3Config {
  const rotatedDim = file.qk_rope_head_dim;
  return {
    modelType: 'deepseek_v3',
    ...stackOf(file, { headDim: rotatedDim, maxPositions: file.max_position_embeddings }, where),
    intermediateSize: file.intermediate_size,
    heads: file.num_attention_heads,
    activation: file.hidden_act,
    attentionBias: file.attention_bias,
    queryRank: file.q_lora_rank,
    latentSize: file.kv_lora_rank,
    plainDim: file.qk_nope_head_dim,
    rotatedDim,
    valueDim: file.v_head_dim,
    interleaved: file.rope_interleave,
    denseLayers: file.first_k_dense_replace,
    experts: {
      count: file.n_routed_experts,
      perToken: file.num_experts_per_tok,
      width: file.moe_intermediate_size,
      shared: file.n_shared_experts,
      groups: file.n_group,
      groupsPerToken: file.topk_group,
      normalised: file.norm_topk_prob,
      scale: file.routed_scaling_factor,
    },
    storedPredictors: file.num_nextn_predict_layers,
  };
}

/** The config.json of a model, with keys that transformers of any version and DeepSeek's own code read. */
export function deepseekV3Keys(config: DeepseekV3Config, dtype: DType): { readonly [key: string]: Json } {
  const { experts } = config;
  return {
    architectures: ['DeepseekV3ForCausalLM'],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.heads,
    hidden_act: config.activation,
    attention_bias: config.attentionBias,
    q_lora_rank: config.queryRank,
    kv_lora_rank: config.latentSize,
    qk_nope_head_dim: config.plainDim,
    qk_rope_head_dim: config.rotatedDim,
    v_head_dim: config.valueDim,
    rope_interleave: config.interleaved,
    first_k_dense_replace: config.denseLayers,
    moe_layer_freq: 1,
    moe_intermediate_size: experts.width,
    n_routed_experts: experts.count,
    n_shared_experts: experts.shared,
    num_experts_per_tok: experts.perToken,
    n_group: experts.groups,
    topk_group: experts.groupsPerToken,
    scoring_func: 'sigmoid',
    topk_method: 'noaux_tc',
    norm_topk_prob: experts.normalised,
    routed_scaling_factor: experts.scale,
    num_nextn_predict_layers: config.predictors ?? 0,
    ...stackKeys(config, dtype),
  };
}
