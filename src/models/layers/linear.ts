/** @file Linear: y = x Wᵀ + b, with the addition of LoRA where it has one. */
import { empty, linear, type Tensor } from '../../torch/index.ts';
import type { LowRank } from './low-rank.ts';
import { Module, type Placement } from './module.ts';

/** A linear layer; parameters `weight` and, where it has one, `bias`. */
export class Linear extends Module {
  /** [out, in] */
  weight: Tensor;
  /** [out], or null */
  bias: Tensor | null;
  /** See lora.ts. */
  lora: LowRank | null = null;

  /** Memory only: the values are loaded or drawn afterwards. */
  constructor(inFeatures: number, outFeatures: number, hasBias: boolean, placement: Placement) {
    super();
    this.weight = empty([outFeatures, inFeatures], placement);
    this.bias = hasBias ? empty([outFeatures], placement) : null;
  }

  /** [..., in] → [..., out] */
  forward(x: Tensor): Tensor {
    const y = linear(x, this.weight, this.bias);
    return this.lora === null ? y : y.add(this.lora.forward(x));
  }
}
