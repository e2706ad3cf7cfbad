/**
 * @file Bytes that training deepseek_v3 takes for each token of a micro-batch, counted by operator (attention.ts; the rest as in
 * decoder-memory.ts and experts-memory.ts).
 *
 * Latent attention in its expanded form keeps, in elements of s bytes, with H heads of d + R and E of values, the latents' ranks
 * Q and C:
 *
 *   norms of latents   their inputs, Q and C
 *   projections        the inputs: of q_b_proj Q, of kv_b_proj C + R, of o_proj H · E
 *   attention          queries and keys, H · (d + R) each, values, H · E; without a kernel the probabilities of each head
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
import { expertsTokenMemory, meanLayer } from '../experts-memory.ts';
import type { DeepseekV3Config } from './config.ts';

export function deepseekV3TokenMemory(config: DeepseekV3Config, pass: TrainedPass): TokenMemory {
  const { hiddenSize: D, intermediateSize: I, layers, denseLayers, experts } = config;
  const { kernels = kernelsOf(pass, { headDim: config.plainDim + config.rotatedDim }) } = pass;
  const s = itemSize[pass.dtype];
  const norm = normBytes(D, s, kernels);
  const shared = 2 * norm + attentionBytes(config, pass, kernels);
  const block = blockBytes(config, pass, kernels);
  const { count, perToken, width } = experts;
  const shape = { hiddenSize: D, width, experts: count, perToken, sharedWidth: experts.shared * width };
  const sparse = expertsTokenMemory(shape, pass, kernels.fusedLayers);
  const sparseLayers = Math.max(0, layers - denseLayers);
  return {
    layer: meanLayer(layers, sparseLayers, { dense: shared + block, sparse: shared + s * D + sparse.kept }),
    input: s * D,
    gradients: Math.max(s * (2 * I + 3 * D), sparseLayers > 0 ? sparse.gradients : 0),
    outside: norm + 3 * s * D,
  };
}

function attentionBytes(config: DeepseekV3Config, pass: TrainedPass, kernels: Kernels): number {
  const { hiddenSize: D, heads, plainDim, rotatedDim, valueDim, latentSize: C, queryRank } = config;
  const s = itemSize[pass.dtype];
  const Q = queryRank ?? 0;
  const [queries, values] = [heads * (plainDim + rotatedDim), heads * valueDim];
  const norms = normBytes(C, s, kernels) + (Q > 0 ? normBytes(Q, s, kernels) : 0);
  // With LoRA each adapted layer keeps an input of its own, in float32.
  const inputs =
    pass.lora && s < 4 ? 4 * (2 * D + Q + C + rotatedDim + values) : s * (D + Q + C + rotatedDim + values);
  const outputs = kernels.fusedAttention ? s * values : 0;
  return norms + inputs + s * (2 * queries + values) + outputs + scoreBytes(heads, pass, kernels);
}
