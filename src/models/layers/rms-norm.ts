/**
 * @file RMSNorm (Zhang & Sennrich 2019): x / √(mean(x²) + ε) · w over the last dimension.
 *
 * The statistics are float32 whatever the dtype, as in transformers.
 */
import { aten, empty, features, type Tensor } from '../../torch/index.ts';
import { Module, type Placement } from './module.ts';
import { addedRmsNormKernel, rmsNormKernel } from './rms-norm-kernel.ts';

const fused = features.rmsNorm ? aten('rms_norm') : null;

/** A norm over the last dimension, with one gain a column. */
export class RMSNorm extends Module {
  /** [D] */
  weight: Tensor;
  readonly eps: number;

  constructor(size: number, eps: number, placement: Placement) {
    super();
    this.weight = empty([size], placement);
    this.eps = eps;
  }

  /** [..., D] → [..., D] */
  forward(x: Tensor): Tensor {
    const { weight, eps } = this;
    const kernel = rmsNormKernel(x, weight, eps);
    if (kernel !== null) return kernel;
    return fused === null ? rmsNorm(x, weight, eps) : (fused(x, weight.shape, weight, eps) as Tensor);
  }

  /** The sum of two tensors, and its norm: [..., D] each. */
  added(x: Tensor, more: Tensor): readonly [sum: Tensor, normal: Tensor] {
    const kernel = addedRmsNormKernel(x, more, this.weight, this.eps);
    if (kernel !== null) return kernel;
    const sum = x.add(more);
    return [sum, this.forward(sum)];
  }
}

/** RMSNorm from elementary operators, for torch versions without the fused one. */
export function rmsNorm(x: Tensor, weight: Tensor, eps: number): Tensor {
  const { dtype } = x;
  const wide = dtype === 'bfloat16' || dtype === 'float16' ? x.to('float32') : x;
  const scale = wide.square().mean(-1, true).add_(eps).rsqrt();
  const normal = wide.mul(scale);
  return (wide === x ? normal : normal.to(dtype)).mul(weight);
}
