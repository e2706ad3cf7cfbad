/** @file Linear: y = x Wᵀ + b. */
import { empty, linear, type Tensor } from '../tensor/index.ts';
import { Module, type Placement } from './module.ts';

export class Linear extends Module {
  /** [out, in] */
  weight: Tensor;
  /** [out], or null */
  bias: Tensor | null;

  /** Memory only: the values are loaded or drawn afterwards. */
  constructor(inFeatures: number, outFeatures: number, hasBias: boolean, placement: Placement) {
    super();
    this.weight = empty([outFeatures, inFeatures], placement);
    this.bias = hasBias ? empty([outFeatures], placement) : null;
  }

  /** [..., in] → [..., out] */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
