/** @file Comparison of a kernel with its composed form, for tests. */
import { type DType, randn, type Tensor } from '../../torch/index.ts';

/** Largest difference, as a share of the largest value expected. */
export function apart(found: Tensor, expected: Tensor): number {
  return found.sub(expected).abs().max().item() / expected.abs().max().item();
}

/** Leaves with the same random values: in the dtype, and in float32. */
export function leaves(shape: readonly number[], dtype: DType): readonly [own: Tensor, wide: Tensor] {
  const own = randn(shape).to(dtype).requiresGrad_();
  return [own, own.detach().to('float32').clone().requiresGrad_()];
}
