/**
 * @file Sums along a vocabulary: of a row's probabilities up to each token.
 *
 * torch has no deterministic form of them on CUDA. Where one is asked for, they are products with a triangle of ones, chunk by
 * chunk.
 */
import { cat, isDeterministic, ones, type Tensor, zeros } from '../../torch/index.ts';

/** Tokens of a chunk. */
const CHUNK = 512;

/** Σ of what stands in a row up to each place, [B, n]. */
export function cumulative(values: Tensor): Tensor {
  return isDeterministic() && values.device !== 'cpu' ? byProducts(values) : values.cumsum(-1);
}

/** The same by matrix products alone. */
export function byProducts(values: Tensor): Tensor {
  const [B, n] = values.shape as [number, number];
  const { device, dtype } = values;
  const count = Math.ceil(n / CHUNK);
  const filled = cat([values, zeros([B, count * CHUNK - n], { device, dtype })], 1).view([B, count, CHUNK]);
  const inside = filled.matmul(ones([CHUNK, CHUNK], { device, dtype }).triu(0));
  // What stands in the chunks before.
  const totals = inside.select(2, CHUNK - 1);
  const before = totals.matmul(ones([count, count], { device, dtype }).triu(1));
  return inside
    .add(before.unsqueeze(2))
    .view([B, count * CHUNK])
    .narrow(1, 0, n);
}
