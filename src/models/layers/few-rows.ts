/**
 * @file fewRowsLinear: x Wᵀ + b of a model that is only read on a CPU, for the few rows of decoding.
 *
 * libtorch's matrix product packs the weights anew in each call, which for a single row is more work than the product. The
 * addon's kernel (native/src/few-rows.cc) reads each weight once.
 */
import { aten, linear, type Tensor } from '../../torch/index.ts';

/** Rows up to which the kernel is faster. */
const FEW_ROWS = 8;

const product = aten('aha::few_rows_linear');

/** [..., in] → [..., out]. Of more rows, on other devices and with a gradient it is `linear`. */
export function fewRowsLinear(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const isFew = x.numel <= FEW_ROWS * weight.size(1);
  const isRead = !x.requiresGrad && !weight.requiresGrad && weight.device === 'cpu';
  const isHeld = weight.dtype === 'float32' || weight.dtype === 'bfloat16';
  if (!isFew || !isRead || !isHeld) return linear(x, weight, bias);
  return product(x, weight, bias) as Tensor;
}
