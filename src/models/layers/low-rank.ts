/** @file LowRank: the trainable part of LoRA (Hu et al. 2021, eq. 3), ΔW = scale · B A. */
import { linear, scope, type Tensor } from '../../torch/index.ts';
import { Module } from './module.ts';

export class LowRank extends Module {
  /** [r, in] */
  A: Tensor;
  /** [out, r] */
  B: Tensor;
  /** α / r */
  readonly scale: number;

  constructor(A: Tensor, B: Tensor, scale: number) {
    super();
    this.A = A;
    this.B = B;
    this.scale = scale;
  }

  override get keepsFloat32(): boolean {
    return true;
  }

  /** What is added to the output: [..., in] → [..., out], computed in the dtype of A and B, in the dtype of x. */
  forward(x: Tensor): Tensor {
    return scope(() => {
      const wide = x.dtype === this.A.dtype ? x : x.to(this.A.dtype);
      const out = linear(linear(wide, this.A).mul(this.scale), this.B);
      return out.dtype === x.dtype ? out : out.to(x.dtype);
    });
  }

  /** ΔW, [out, in], on the device of A and B unless given. */
  delta(device = this.A.device): Tensor {
    return this.B.to(device).matmul(this.A.to(device)).mul(this.scale);
  }
}
