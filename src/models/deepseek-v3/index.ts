/**
 * @file DeepSeek-V3 and R1 (arXiv 2412.19437): multi-head latent attention, experts chosen by a sigmoid router, shared experts.
 *
 * Weight names: `model.layers.N.self_attn.{q_a_proj,q_a_layernorm,q_b_proj}` (or `q_proj`), `kv_a_proj_with_mqa`,
 * `kv_a_layernorm`, `kv_b_proj`, `o_proj`; `mlp.{gate,up,down}_proj` in the first layers, in the others `mlp.gate.weight`,
 * `mlp.gate.e_score_correction_bias`, `mlp.experts.E.*` and `mlp.shared_experts.*`. A layer behind the last, which predicts a
 * further token (MTP), has those of a layer, `enorm`, `hnorm`, `eh_proj`, `shared_head.norm`, and copies of the model's
 * embedding and head, `embed_tokens` and `shared_head.head`.
 */
import type { Architecture } from '../architecture.ts';
import { CausalLM } from '../decoder.ts';
import type { DecoderForm, FeedForwardPart } from '../decoder-form.ts';
import { GatedMLP, MixtureOfExperts, type Placement, SigmoidRouter } from '../layers/index.ts';
import type { ParallelShape } from '../parallel-shape.ts';
import { LatentAttention } from './attention.ts';
import { type DeepseekV3Config, deepseekV3Keys, parseDeepseekV3 } from './config.ts';
import { deepseekV3Gguf } from './gguf.ts';
import { deepseekV3TokenMemory } from './memory.ts';

export const deepseekV3: Architecture<DeepseekV3Config> = {
  modelType: 'deepseek_v3',
  className: 'DeepseekV3ForCausalLM',
  parse: parseDeepseekV3,
  keys: deepseekV3Keys,
  tokenMemory: deepseekV3TokenMemory,
  gguf: deepseekV3Gguf,
  parallelShape: parallelShapeOf,
  create: (config, placement) => new CausalLM(config, formOf(config), placement),
  isSpare: (name, { layers, predictors = 0, storedPredictors }) => {
    const [, number = '-1', field] = /^model\.layers\.(\d+)\.(.*)/.exec(name) ?? [];
    const layer = Number(number) - layers;
    return layer >= 0 && layer < storedPredictors && (layer >= predictors || field! in COPIES);
  },
  copies: ({ layers, predictors = 0, tieEmbeddings }) =>
    Array.from({ length: predictors }, (_, i) => `model.layers.${layers + i}`).flatMap((layer) =>
      Object.entries(COPIES).map(
        ([field, own]) => [`${layer}.${field}`, tieEmbeddings ? EMBEDDING : own] as const,
      ),
    ),
};

const EMBEDDING = 'model.embed_tokens.weight';

/** Of a predictor, what its checkpoint has twice. */
const COPIES = { 'embed_tokens.weight': EMBEDDING, 'shared_head.head.weight': 'lm_head.weight' } as const;

function formOf(config: DeepseekV3Config): DecoderForm {
  const { hiddenSize, intermediateSize, activation, denseLayers, layers } = config;
  return {
    attention: (_, placement) => new LatentAttention(config, placement),
    feedForward: (layer, placement): FeedForwardPart =>
      layer < denseLayers
        ? new GatedMLP({ hiddenSize, intermediateSize, activation, bias: false }, placement)
        : sigmoidExperts(config, placement),
    rotated: config.rotatedDim,
    // One vector a token for all heads: the latent, then the rotated part of the key.
    cached: { heads: 1, widths: [config.latentSize + config.rotatedDim] },
    windows: Array<null>(layers).fill(null),
    // Where heads share the latents, attention lays the mask out itself.
    groups: 1,
  };
}

function sigmoidExperts(
  { hiddenSize, activation, experts: own }: DeepseekV3Config,
  placement: Placement,
): MixtureOfExperts {
  const { count: experts, width, shared } = own;
  const router = new SigmoidRouter({ ...own, hiddenSize, experts }, placement);
  const options = { hiddenSize, width, experts, sharedWidth: shared * width, activation };
  return new MixtureOfExperts(options, router, placement);
}

function parallelShapeOf(config: DeepseekV3Config): ParallelShape {
  const { heads, plainDim, rotatedDim, valueDim, latentSize, layers, denseLayers, experts } = config;
  const { count, perToken, width, groups, groupsPerToken } = experts;
  return {
    heads,
    cacheHeads: 1,
    pair: heads * (plainDim + rotatedDim + valueDim),
    cachedPair: heads * (2 * latentSize + rotatedDim),
    experts: {
      count,
      perToken,
      width,
      layers: Math.max(0, layers - denseLayers),
      ...(groups > 1 && { groupsPerToken }),
    },
  };
}
