/**
 * @file Llama 2, 3 and what is shaped like it: no biases unless `attention_bias` or `mlp_bias` ask for them.
 *
 * Weight names: `model.layers.N.self_attn.{q,k,v,o}_proj.weight`, `mlp.{gate,up,down}_proj.weight`.
 */
import type { DecoderVariant } from '../decoder-config.ts';

export const llama: DecoderVariant = {
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  defaults: { maxPositions: 2048 },
  parts: ({ attention_bias: bias, mlp_bias: mlpBias }) => ({
    qkvBias: bias,
    outputBias: bias,
    mlpBias,
    qkNorm: null,
  }),
  keys: ({ qkvBias, mlpBias }) => ({ attention_bias: qkvBias, mlp_bias: mlpBias }),
  gguf: { name: 'llama', paired: true, biases: ['outputBias', 'mlpBias'], freeHeads: true, factors: true },
};
