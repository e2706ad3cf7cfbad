/**
 * @file Qwen3 with experts (arXiv 2505.09388): the attention of qwen3, and in each layer, or some, many small feed-forward
 * blocks of which a token is read by the few with the largest softmax of a router.
 *
 * Weight names: those of qwen3, with `model.layers.N.mlp.gate.weight` [experts, hidden] and
 * `model.layers.N.mlp.experts.E.{gate,up,down}_proj.weight`. The auxiliary loss of `router_aux_loss_coef` is not computed.
 */
import type { DecoderVariant } from '../decoder-config.ts';
import { qwen3 } from '../qwen3/index.ts';
import { requestedWindow } from '../window-file.ts';

export const qwen3Moe: DecoderVariant = {
  modelType: 'qwen3_moe',
  className: 'Qwen3MoeForCausalLM',
  sparse: true,
  windows: requestedWindow,
  defaults: { maxPositions: 32_768 },
  parts: qwen3.parts,
  keys: qwen3.keys,
  gguf: { ...qwen3.gguf!, name: 'qwen3moe', sparse: true },
};
