/**
 * @file Mistral (arXiv 2310.06825): llama with a sliding window in every layer, or in none (`sliding_window: null`).
 *
 * Weight names: those of llama.
 */
import type { DecoderVariant } from '../decoder-config.ts';
import { everyWindow } from '../window-file.ts';

export const mistral: DecoderVariant = {
  modelType: 'mistral',
  className: 'MistralForCausalLM',
  windows: everyWindow(4096),
  defaults: { maxPositions: 131_072 },
  parts: () => ({ qkvBias: false, outputBias: false, mlpBias: false, qkNorm: null }),
  keys: () => ({}),
  gguf: { name: 'llama', paired: true, biases: [], freeHeads: true, factors: true },
};
