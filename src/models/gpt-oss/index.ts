/**
 * @file gpt-oss (OpenAI 2025, arXiv 2508.10925): grouped-query attention with a sink in each head, a window in every other layer,
 * and experts in each.
 *
 * Weight names: `model.layers.N.self_attn.{q,k,v,o}_proj.{weight,bias}`, `self_attn.sinks`, `mlp.router.{weight,bias}`, and the experts
 * of a layer together: `mlp.experts.{gate_up_proj,down_proj}`, each with a `_bias`. Published checkpoints have the experts in
 * MXFP4 (mxfp4.ts). The auxiliary loss of `router_aux_loss_coef` is not computed.
 */
import type { Architecture } from '../architecture.ts';
import { CausalLM } from '../decoder.ts';
import type { DecoderForm } from '../decoder-form.ts';
import { Attention } from '../layers/index.ts';
import { type GptOssConfig, gptOssKeys, gptOssWindows, parseGptOss } from './config.ts';
import { GptOssMixture } from './experts.ts';
import { gptOssGguf } from './gguf.ts';
import { gptOssTokenMemory } from './memory.ts';

export const gptOss: Architecture<GptOssConfig> = {
  modelType: 'gpt_oss',
  className: 'GptOssForCausalLM',
  parse: parseGptOss,
  keys: gptOssKeys,
  tokenMemory: gptOssTokenMemory,
  gguf: gptOssGguf,
  create: (config, placement) => new CausalLM(config, formOf(config), placement),
};

function formOf(config: GptOssConfig): DecoderForm {
  const { attentionBias: bias, hiddenSize, headDim, kvHeads, experts } = config;
  const attention = {
    ...config,
    qkvBias: bias,
    outputBias: bias,
    qkNorm: null,
    sinks: true,
    rotated: headDim,
  };
  return {
    attention: (_, placement) => new Attention(attention, placement),
    feedForward: (_, placement) => new GptOssMixture({ ...experts, hiddenSize }, placement),
    rotated: headDim,
    cached: { heads: kvHeads, widths: [headDim, headDim] },
    windows: gptOssWindows(config),
    // Attention with sinks lays no mask out for groups, and no kernel computes it.
    groups: 1,
  };
}
