/**
 * @file Bytes that training Qwen3.5 takes for each token of a micro-batch, counted by operator, in the terms of
 * decoder-memory.ts: the mean over the layers of both kinds.
 *
 * With Hv value heads, Q = Hv · d_k, W = Hv · d_v, C chunk tokens and K columns of the convolution, a gated delta net keeps in float32
 *
 *   convolution      its tokens, the sum before silu and its result, 3 K
 *   chunks           queries, keys and values of each head, Q + Q + W; keys times β, queries and keys with their decays, 3 Q
 *   system           five matrices of C numbers a token and head: decays, both products of keys, both of queries
 *   its solution     Q + W, and the values without what the memory says already, W
 *   memory           Hv · d_k · d_v for each chunk
 *   gate             its input, silu of it, and the normalised values, 3 W
 *
 * and the input of out_proj, W. Gated attention keeps, besides what plain attention does, the mixed values and the gate's
 * sigmoid. Gains of 1 + w are composed.
 */
import { itemSize } from '../../torch/index.ts';
import {
  blockBytes,
  type Kernels,
  kernelsOf,
  normBytes,
  scoreBytes,
  type TokenMemory,
  type TrainedPass,
} from '../decoder-memory.ts';
import { meanLayer } from '../experts-memory.ts';
import { DELTA_CHUNK } from '../layers/index.ts';
import { FULL, type Qwen35Config } from './config.ts';

export function qwen35TokenMemory(config: Qwen35Config, pass: TrainedPass): TokenMemory {
  const { hiddenSize: D, intermediateSize: I, headDim, layers, layerTypes } = config;
  const { kernels = kernelsOf(pass, { headDim, normOffset: 1 }) } = pass;
  const s = itemSize[pass.dtype];
  const norm = normBytes(D, s, kernels, 1);
  const full = layerTypes.filter((type) => type === FULL).length;
  const shared = 2 * norm + blockBytes(config, pass, kernels);
  return {
    layer: meanLayer(layers, layers - full, {
      dense: shared + attentionBytes(config, pass, kernels),
      sparse: shared + deltaNetBytes(config, pass, kernels),
    }),
    input: s * D,
    gradients: s * (2 * I + 3 * D),
    outside: norm + 3 * s * D,
  };
}

function attentionBytes(config: Qwen35Config, pass: TrainedPass, kernels: Kernels): number {
  const { hiddenSize: D, heads, kvHeads, headDim } = config;
  const s = itemSize[pass.dtype];
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const norms = normBytes(queries, s, kernels, 1) + normBytes(keys, s, kernels, 1);
  const inputs = pass.lora && s < 4 ? 4 * (3 * D + queries) : s * (D + queries);
  const repeated = kernels.fusedAttention && !kernels.groupedHeads ? queries : keys;
  return inputs + norms + s * (3 * queries + 2 * repeated) + scoreBytes(heads, pass, kernels);
}

function deltaNetBytes(config: Qwen35Config, pass: TrainedPass, kernels: Kernels): number {
  const { hiddenSize: D, deltaNet } = config;
  const { keyHeads, keyDim, valueHeads, valueDim } = deltaNet;
  const s = itemSize[pass.dtype];
  const [Q, W] = [valueHeads * keyDim, valueHeads * valueDim];
  const columns = 2 * keyHeads * keyDim + W;
  const chunk = Math.min(DELTA_CHUNK, pass.length);
  const wide =
    3 * columns + 5 * Q + W + (Q + W) + W + 5 * chunk * valueHeads + (Q * valueDim) / chunk + 3 * W;
  const inputs = pass.lora && s < 4 ? 4 * (4 * D + W) : s * (D + W);
  return 4 * wide + normBytes(W, s, kernels) + inputs;
}
