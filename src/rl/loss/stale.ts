/**
 * @file Off-policy masking of negatives (DeepSeek-V3.2, arXiv 2512.02556, eq. 9).
 *
 * A response with Â < 0 that the policy has moved away from, (1/|o|) Σ log(π_old/π_θ) > δ, is left out: pushing it
 * further down teaches nothing and destabilises. π_old is the sampler's. Good responses are kept however stale.
 */
import type { Tensor } from '../../torch/index.ts';
import { sequenceMean } from './terms.ts';

/**
 * @param logRatio - log π_θ − log π_sampler, [B, T]
 * @returns bool [B, T], true on tokens to leave out
 */
export function staleNegatives(
  logRatio: Tensor,
  advantages: Tensor,
  mask: Tensor,
  threshold: number,
): Tensor {
  const stale = sequenceMean(logRatio.detach().neg(), mask).gt(threshold);
  return advantages.lt(0).logicalAnd(stale);
}
