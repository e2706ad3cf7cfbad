/**
 * @file Qwen2 and Qwen2.5 (and the R1 distillations of them): biases on q, k and v, none elsewhere.
 *
 * Weight names: `model.layers.N.self_attn.{q,k,v}_proj.{weight,bias}`, `o_proj.weight`, `mlp.{gate,up,down}_proj.weight`.
 */
import type { DecoderVariant } from '../decoder-config.ts';
import { upperWindows } from '../window-file.ts';

export const qwen2: DecoderVariant = {
  modelType: 'qwen2',
  className: 'Qwen2ForCausalLM',
  windows: upperWindows,
  defaults: { maxPositions: 32_768 },
  parts: () => ({ qkvBias: true, outputBias: false, mlpBias: false, qkNorm: null }),
  keys: () => ({}),
  gguf: { name: 'qwen2', paired: false, biases: [], freeHeads: false, factors: false },
};
