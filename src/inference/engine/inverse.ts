/**
 * @file Inverse transform sampling: a token is drawn by one uniform number of its row's own random stream. A number for each
 * token (Gumbel noise) would take a kernel for each row.
 */
import { aten, type Tensor, where } from '../../torch/index.ts';
import { cumulative } from './cumulative.ts';
import type { SamplingRow } from './sequence.ts';

/** In float32 the largest number that a sum of probabilities can be multiplied by and stay below itself. */
const BELOW_ONE = 1 - 2 ** -22;

/** The next number of a row's own stream, in [0, 1). */
export function uniformOf({ random }: SamplingRow): number {
  return Math.min(random!.next(), BELOW_ONE);
}

const searchSorted = aten('searchsorted.Tensor');

/**
 * The token at which the summed probabilities pass a share of their sum, int64 [B].
 * @param probabilities - [B, V], of any sum; 0 is never drawn
 * @param uniforms - the shares, in [0, 1), [B, 1]
 */
export function byInverse(probabilities: Tensor, uniforms: Tensor): Tensor {
  const sums = cumulative(probabilities);
  const marks = sums.narrow(-1, sums.size(-1) - 1, 1).mul(uniforms);
  // Sums that are NaN pass no mark: any token will do for a row that is refused.
  const passed = searchSorted(sums, marks, false, true) as Tensor;
  const drawn = passed.squeeze(1).clamp_(null, sums.size(-1) - 1);
  // Summed one by one they never fall, and the token at which they pass the mark has some probability.
  if (probabilities.device === 'cpu') return drawn;
  // Summed in parallel, as a GPU does, the sums need not rise everywhere: what cannot be drawn must not be met by that.
  const isPossible = probabilities.gather(1, drawn.unsqueeze(1)).squeeze(1).gt(0);
  return where(isPossible, drawn, probabilities.argmax(-1));
}
