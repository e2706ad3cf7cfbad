/**
 * @file Qwen3 (dense): RMSNorm of each query and key head before the rotation, heads of any size.
 *
 * Weight names: those of qwen2 without biases, and `model.layers.N.self_attn.{q,k}_norm.weight` [head_dim].
 */
import type { DecoderVariant } from '../decoder-config.ts';
import { upperWindows } from '../window-file.ts';

export const qwen3: DecoderVariant = {
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  windows: upperWindows,
  defaults: { headDim: 128, maxPositions: 32_768 },
  parts: ({ attention_bias: bias }) => ({ qkvBias: bias, outputBias: bias, mlpBias: false, qkNorm: 'heads' }),
  keys: ({ qkvBias }) => ({ attention_bias: qkvBias }),
  gguf: { name: 'qwen3', paired: false, biases: [], freeHeads: true, factors: false },
};
