/**
 * @file The attention of Qwen3.5: grouped queries with partial rotary positions, norms of heads, and a gate: y = W_o (o · σ(g)).
 *
 * q_proj gives the query and the gate of each head, one behind the other.
 */
import type { Tensor } from '../../torch/index.ts';
import { attend, Linear, Module, type Pass, type Placement, RMSNorm, rotatePart } from '../layers/index.ts';

interface Options {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Dimensions of a head that turn, the first ones. */
  readonly rotated: number;
  readonly attentionBias: boolean;
  readonly rmsNormEps: number;
}

export class GatedAttention extends Module {
  q_proj: Linear;
  k_proj: Linear;
  v_proj: Linear;
  o_proj: Linear;
  q_norm: RMSNorm;
  k_norm: RMSNorm;
  readonly options: Options;
  /** Its number among the layers that keep keys and values. */
  readonly slot: number;

  constructor(options: Options, slot: number, placement: Placement) {
    super();
    const { hiddenSize, heads, kvHeads, headDim, attentionBias: bias, rmsNormEps: eps } = options;
    this.q_proj = new Linear(hiddenSize, 2 * heads * headDim, bias, placement);
    this.k_proj = new Linear(hiddenSize, kvHeads * headDim, bias, placement);
    this.v_proj = new Linear(hiddenSize, kvHeads * headDim, bias, placement);
    this.o_proj = new Linear(heads * headDim, hiddenSize, bias, placement);
    this.q_norm = new RMSNorm(headDim, eps, placement, 1);
    this.k_norm = new RMSNorm(headDim, eps, placement, 1);
    this.options = options;
    this.slot = slot;
  }

  /** [B, T, D] → [B, T, D] */
  forward(x: Tensor, _: number, { rotation, mask, cache }: Pass): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { heads, kvHeads, headDim, rotated } = this.options;
    const both = this.q_proj.forward(x).view([B, T, heads, 2 * headDim]);
    const [query, gate] = both.splitSizes([headDim, headDim], 3);
    const turned = (normal: Tensor): Tensor => rotatePart(normal.transpose(1, 2), rotated, rotation);
    const split = (projected: Tensor): Tensor => projected.view([B, T, kvHeads, headDim]);
    const q = turned(this.q_norm.forward(query!.contiguous()));
    const k = turned(this.k_norm.forward(split(this.k_proj.forward(x))));
    const v = split(this.v_proj.forward(x)).transpose(1, 2);
    const plain = (): Tensor => {
      const [keys, values] = cache === null ? [k, v] : cache.append(this.slot, [k, v]);
      return attend(q, keys!, values!, mask);
    };
    const mixed = (cache?.attend?.(this.slot, q, [k, v]) ?? plain()).transpose(1, 2);
    return this.o_proj.forward(mixed.mul(gate!.sigmoid()).reshape([B, T, heads * headDim]));
  }
}
