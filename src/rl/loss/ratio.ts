/** @file Log-ratios of policies, bounded so that their exponential stays finite. */
import type { Tensor } from '../../torch/index.ts';

/** e²⁰ is far beyond any clip range and far below overflow in float32. */
export const LOG_RATIO_BOUND = 20;

/** A log-ratio within ±20; its gradient is 0 where the bound acts. */
export function clampLogRatio(logRatio: Tensor): Tensor {
  return logRatio.clamp(-LOG_RATIO_BOUND, LOG_RATIO_BOUND);
}

/** Mean over each sequence's response tokens, [B, T] → [B, 1]; 0 where there is none. */
export function sequenceMean(values: Tensor, mask: Tensor): Tensor {
  return values.mul(mask).sum(1, true).div(mask.sum(1, true).clamp(1, null));
}

/**
 * The log-ratio of whole sequences, length-normalised, at each token: log s = (1/|o|) Σ log ρₜ (GSPO, 2507.18071,
 * eq. 7). The value is the sequence's, the gradient of each token its own (GSPO-token, eq. 14), so that advantages may
 * differ between tokens; where they do not, the gradient is that of s itself.
 */
export function sequenceLogRatio(logprobs: Tensor, logRatio: Tensor, mask: Tensor): Tensor {
  return sequenceMean(logRatio.detach(), mask).add(logprobs.sub(logprobs.detach()));
}
