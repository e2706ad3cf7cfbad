/**
 * @file Qwen3.5's text models: gated delta nets, and attention with a gate in every fourth layer; norms multiply by 1 + w.
 *
 * Weight names: `model.layers.N.linear_attn.{in_proj_qkv,in_proj_z,in_proj_b,in_proj_a,out_proj,norm,conv1d}.weight`,
 * `linear_attn.{dt_bias,A_log}`, or `self_attn.{q,k,v,o}_proj.weight` and `self_attn.{q,k}_norm.weight`; `mlp` as in qwen3. The
 * checkpoint of a vision-language model (`qwen3_5`) has `model.language_model.` before them: its text model is loaded, and
 * saved as one. The parts for images and the layer for multi-token prediction are left out.
 */
import type { Architecture } from '../architecture.ts';
import { CausalLM } from '../decoder.ts';
import type { DecoderForm } from '../decoder-form.ts';
import { GatedMLP } from '../layers/index.ts';
import { GatedAttention } from './attention.ts';
import { FULL, parsePictured, parseQwen35, type Qwen35Config, qwen35Keys } from './config.ts';
import { deltaNetStates, GatedDeltaNet } from './delta-net.ts';
import { qwen35TokenMemory } from './memory.ts';

export const qwen35Text: Architecture<Qwen35Config> = {
  modelType: 'qwen3_5_text',
  className: 'Qwen3_5ForCausalLM',
  parse: parseQwen35,
  keys: qwen35Keys,
  tokenMemory: qwen35TokenMemory,
  create: (config, placement) => new CausalLM(config, formOf(config), placement),
  parameterOf: (name) => name.replace(/^model\.language_model\./, 'model.'),
  isSpare: (name) => /^(?:model\.)?visual\.|^mtp\./.test(name),
};

export const qwen35: Architecture<Qwen35Config> = {
  ...qwen35Text,
  modelType: 'qwen3_5',
  parse: parsePictured,
};

function formOf(config: Qwen35Config): DecoderForm {
  const { layerTypes, layers, deltaNet, kvHeads, headDim, heads } = config;
  const isFull = layerTypes.map((type) => type === FULL);
  /** The number of a layer among those of its kind. */
  const slotOf = (layer: number): number =>
    isFull.slice(0, layer).filter((full) => full === isFull[layer]).length;
  return {
    attention: (layer, placement) =>
      isFull[layer]
        ? new GatedAttention(config, slotOf(layer), placement)
        : new GatedDeltaNet({ ...config, ...deltaNet }, slotOf(layer), placement),
    linear: isFull.map((full) => !full),
    feedForward: (_, placement) => new GatedMLP({ ...config, bias: false }, placement),
    rotated: config.rotated,
    cached: {
      heads: kvHeads,
      widths: [headDim, headDim],
      layers: isFull.filter((full) => full).length,
    },
    states: (placement) => deltaNetStates(deltaNet, placement),
    windows: Array<null>(layers).fill(null),
    groups: heads / kvHeads,
    kernelHead: headDim,
  };
}
