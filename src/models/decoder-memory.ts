/**
 * @file Bytes that training a decoder takes for each token of a micro-batch, counted by operator.
 *
 * s is the size of an element of the weights' dtype, D the hidden size, I that of the feed-forward block, H · d and K · d
 * those of the query and the key heads. Autograd keeps, for each token and layer (decoder.ts, attention.ts, mlp.ts):
 *
 *   norm before attention   its input x, D, and its output, D, which q, k and v project
 *   norms of q and k        their inputs, H·d + K·d
 *   attention               q, H·d; keys and values, 2 K·d where the kernel reads grouped heads, else 2 H·d; the output,
 *                           H·d, which o_proj projects too; the log of each softmax's sum, H in float32
 *   norm before the MLP     its input, D, and its output, D
 *   MLP                     gate, silu(gate), up, and their product, which down projects: 4 I
 *
 * Norms behind attention and the MLP (olmo2) keep their inputs in place of those before them; norms on both sides (gemma3) keep
 * two more. Gains of 1 + w are multiplied in float32, so that a composed norm keeps both its tensors so.
 *
 * With fused kernels (AHA_KERNELS) the MLP keeps gate, up and the product, 3 I, and the norms of heads the projections alone;
 * where these are joined (JointLinears), the norms keep their keys' values too, K·d, and attention a copy of them.
 *
 * Long documents that share a row with others (long-attention.ts) keep the output twice, which is not counted.
 * Rotation, residual sums and biases keep nothing of their own. A fused norm keeps a float32 number besides; one composed
 * of operators keeps its input in float32 and the normalised input. Composed attention keeps the T probabilities of each
 * query head, in float32 and, where that is another dtype, in the weights'. Frozen layers with LoRA keep no input of
 * their own; the additions keep it in float32.
 *
 * In the backward pass a layer's gradients come on top. They are most in the MLP: of the product, of silu(gate) and of up, I
 * each, while the product itself is already free, and of the residual stream, D, with the gradient of the norm, D; a norm
 * behind the MLP has one in its input besides, D. With
 * LoRA in bfloat16 they are as many bytes: the addition to down has a float32 gradient in its input, I.
 *
 * Outside of layers: the input of the final norm, the states, those of them that predict, and their gradient, D each.
 */
import { type DType, features, hasOperator, itemSize, runsKernels } from '../torch/index.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { isSparse } from './experts-file.ts';
import { expertsTokenMemory, meanLayer } from './experts-memory.ts';
import { readsGroups } from './layers/index.ts';

/** Bytes for each token of a micro-batch. */
export interface TokenMemory {
  /** What autograd keeps of a layer, its input included. */
  readonly layer: number;
  /** The input of a layer, which recomputation keeps alone. */
  readonly input: number;
  /** The gradients that are there at once while a layer is backpropagated. */
  readonly gradients: number;
  /** What is kept outside of layers. */
  readonly outside: number;
}

/** A training pass, as far as it decides on what is kept. */
export interface TrainedPass {
  readonly device: string;
  /** Of the weights. */
  readonly dtype: DType;
  /** Only additions of a low rank are trained. */
  readonly lora: boolean;
  /** Tokens of a row. */
  readonly length: number;
  /** Those of this torch on the device unless given. */
  readonly kernels?: Kernels;
}

/** Which kernels compute a pass. */
export interface Kernels {
  /** Attention without a score for each pair of tokens. */
  readonly fusedAttention: boolean;
  /** The kernel reads grouped heads, so that keys and values are not repeated. */
  readonly groupedHeads: boolean;
  readonly fusedNorm: boolean;
  /** Rotation with norms of heads, and SwiGLU, are one kernel each. */
  readonly fusedLayers: boolean;
}

/** On a GPU that is not here: as one of compute capability 9 with torch 2.6 or later has them. */
export const GPU_KERNELS: Kernels = {
  fusedAttention: true,
  groupedHeads: true,
  fusedNorm: true,
  fusedLayers: true,
};

/** The kernels that this torch has on a device. */
export function kernelsOf(
  { device, dtype }: TrainedPass,
  { headDim, normOffset }: { readonly headDim: number; readonly normOffset?: DecoderConfig['normOffset'] },
): Kernels {
  return {
    fusedAttention: features.scaledDotProductAttention,
    groupedHeads: readsGroups({ device, dtype, headDim }, false),
    fusedLayers: runsKernels(device, dtype),
    fusedNorm:
      runsKernels(device, dtype) || (device !== 'cpu' && !normOffset && hasOperator('_fused_rms_norm')),
  };
}

export function decoderTokenMemory(config: DecoderConfig, pass: TrainedPass): TokenMemory {
  const { kernels = kernelsOf(pass, config) } = pass;
  const { hiddenSize: D, intermediateSize: I, heads, kvHeads, headDim } = config;
  const { norms = 'before', normOffset } = config;
  const s = itemSize[pass.dtype];
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const norm = (width: number): number => normBytes(width, s, kernels, normOffset);
  // With biases in between, weights are neighbours in a rounded copy alone (FlatParameters).
  const neighbours = !config.qkvBias || s < 4;
  const joined = kernels.fusedLayers && !pass.lora && neighbours;
  const projections = s * (queries + (joined ? 2 : 1) * keys);
  const composedNorms = norm(queries) + norm(keys);
  const atOnce = kernels.fusedLayers && config.qkNorm === 'heads';
  const headNorms = config.qkNorm === null ? 0 : atOnce ? projections : composedNorms;
  const repeated = kernels.fusedAttention && !kernels.groupedHeads;
  const attention = s * (2 * queries + 2 * (repeated ? queries : keys)) + scoreBytes(heads, pass, kernels);
  const projected = pass.lora && s < 4 ? (3 * D + queries) * 4 : s * D;
  const shared = (norms === 'around' ? 4 : 2) * norm(D) + headNorms + attention + projected;
  const dense = {
    kept: blockBytes(config, pass, kernels),
    gradients: s * (2 * I + (norms === 'before' ? 3 : 4) * D),
  };
  const around = { input: s * D, outside: norm(D) + 3 * s * D };
  const { experts, layers } = config;
  if (experts === undefined) return { layer: shared + dense.kept, gradients: dense.gradients, ...around };
  const sparse = expertsTokenMemory({ ...experts, hiddenSize: D, sharedWidth: 0 }, pass, kernels.fusedLayers);
  const sparseLayers = Array.from({ length: layers }, (_, i) => i).filter((i) => isSparse(experts, i)).length;
  return {
    layer: meanLayer(layers, sparseLayers, {
      dense: shared + dense.kept,
      sparse: shared + s * D + sparse.kept,
    }),
    gradients: Math.max(sparseLayers < layers ? dense.gradients : 0, sparseLayers > 0 ? sparse.gradients : 0),
    ...around,
  };
}

/** What an RMSNorm keeps: its output is the input of what follows. */
export function normBytes(
  width: number,
  size: number,
  { fusedNorm }: Kernels,
  normOffset?: DecoderConfig['normOffset'],
): number {
  if (fusedNorm) return size * width + 4;
  return (normOffset ? 8 : 4 + size) * width;
}

/** What the gated feed-forward block keeps: the inputs of its layers, and the factors of its product. */
export function blockBytes(
  { hiddenSize: D, intermediateSize: I }: { readonly hiddenSize: number; readonly intermediateSize: number },
  { lora, dtype }: TrainedPass,
  { fusedLayers }: Kernels,
): number {
  const s = itemSize[dtype];
  const inputs = lora && s < 4 ? 4 * (2 * D + I) : s * (D + I);
  return inputs + (fusedLayers ? 2 : 3) * s * I;
}

/** What attention keeps of each query's softmax. */
export function scoreBytes(heads: number, { dtype, length }: TrainedPass, kernels: Kernels): number {
  if (kernels.fusedAttention) return 4 * heads;
  return heads * length * (itemSize[dtype] < 4 ? 4 + itemSize[dtype] : 4);
}
