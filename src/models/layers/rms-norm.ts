/**
 * @file RMSNorm (Zhang & Sennrich 2019): x / √(mean(x²) + ε) · w over the last dimension; Gemma's multiplies by 1 + w.
 *
 * The statistics are float32 whatever the dtype, as in transformers.
 */
import { aten, empty, features, type Tensor } from '../../torch/index.ts';
import { addedRmsNormOnCpu, rmsNormOnCpu } from './cpu-operators.ts';
import { Module, type Placement } from './module.ts';
import { addedRmsNormKernel, type NormOffset, rmsNormKernel } from './rms-norm-kernel.ts';

const fused = features.rmsNorm ? aten('rms_norm') : null;

/** A norm over the last dimension, with one gain a column. */
export class RMSNorm extends Module {
  /** [D] */
  weight: Tensor;
  readonly eps: number;
  /** What is added to the weight: 1 where checkpoints hold what a gain has above 1, else 0. */
  readonly offset: NormOffset;

  constructor(size: number, eps: number, placement: Placement, offset: NormOffset = 0) {
    super();
    this.weight = empty([size], placement);
    this.eps = eps;
    this.offset = offset;
  }

  override get startsAtZero(): boolean {
    return this.offset === 1;
  }

  /** [..., D] → [..., D] */
  forward(x: Tensor): Tensor {
    const { weight, eps, offset } = this;
    const kernel = rmsNormKernel(x, weight, eps, offset) ?? rmsNormOnCpu(x, weight, eps, offset);
    if (kernel !== null) return kernel;
    if (fused === null || offset !== 0) return rmsNorm(x, weight, eps, offset);
    return fused(x, weight.shape, weight, eps) as Tensor;
  }

  /** The sum of two tensors, and its norm: [..., D] each. */
  added(x: Tensor, more: Tensor): readonly [sum: Tensor, normal: Tensor] {
    const { weight, eps, offset } = this;
    const kernel =
      addedRmsNormKernel(x, more, weight, eps, offset) ?? addedRmsNormOnCpu(x, more, weight, eps, offset);
    if (kernel !== null) return kernel;
    const sum = x.add(more);
    return [sum, this.forward(sum)];
  }
}

/** RMSNorm from elementary operators, for torch versions without the fused one, and for gains of 1 + w. */
export function rmsNorm(x: Tensor, weight: Tensor, eps: number, offset: NormOffset = 0): Tensor {
  const { dtype } = x;
  const wide = dtype === 'bfloat16' || dtype === 'float16' ? x.to('float32') : x;
  const scale = wide.square().mean(-1, true).add_(eps).rsqrt();
  const normal = wide.mul(scale);
  // 1 + w in the width of the statistics: rounded to half precision it would lose what a small w says.
  if (offset === 1) return normal.mul(weight.to(wide.dtype).add(1)).to(dtype);
  return (wide === x ? normal : normal.to(dtype)).mul(weight);
}
