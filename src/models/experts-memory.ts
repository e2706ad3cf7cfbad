/**
 * @file Bytes that training a mixture of experts takes for each token of a micro-batch, counted by operator (router.ts, experts.ts).
 *
 * A token is read by k of E experts I wide, and by shared ones of width S together. Autograd keeps, in elements of s bytes:
 *
 *   experts         the token k times as they are sorted, k · D; of each expert gate, silu(gate), up and their product, 4 I;
 *                   the outputs, which the weights multiply, k · D
 *   shared experts  4 S
 *   router          in float32 the scores, E, and the weights before and after they are divided, 2 k; of bfloat16 the token,
 *                   D, and the weights rounded, k, besides; three lists of places in int64, 3 k
 *
 * With fused kernels the blocks keep three of four. LoRA keeps the inputs of the adapted layers in float32. In the backward pass
 * the gradients of the outputs, as they are sorted and as they were, and those of the sorted tokens are there at once: 3 k · D, with
 * 3 D of the residual stream.
 */
import { type DType, itemSize } from '../torch/index.ts';

export interface ExpertsShape {
  readonly hiddenSize: number;
  /** I */
  readonly width: number;
  /** E */
  readonly experts: number;
  /** k */
  readonly perToken: number;
  /** S */
  readonly sharedWidth: number;
}

/** What is kept of a token beside the input of the block, and the gradients of a layer with experts. */
export function expertsTokenMemory(
  { hiddenSize: D, width: I, experts, perToken: k, sharedWidth: S }: ExpertsShape,
  { dtype, lora }: { readonly dtype: DType; readonly lora: boolean },
  fusedLayers: boolean,
): { readonly kept: number; readonly gradients: number } {
  const s = itemSize[dtype];
  const narrow = s < 4;
  const widths = k * I + S;
  const inner = (fusedLayers ? 2 : 3) * s * widths;
  const sharedInput = S > 0 ? 2 * D : 0;
  const inputs = lora && narrow ? 4 * (2 * k * D + sharedInput + widths) : s * (k * D + widths);
  const router = 4 * (experts + 2 * k) + (narrow ? 4 * D + s * k : 0) + 3 * 8 * k;
  return { kept: inputs + inner + s * k * D + router, gradients: s * (3 * k + 3) * D };
}

/** The mean over layers, of which `sparse` have experts. */
export function meanLayer(layers: number, sparse: number, bytes: { dense: number; sparse: number }): number {
  return Math.round((bytes.dense * (layers - sparse) + bytes.sparse * sparse) / layers);
}
