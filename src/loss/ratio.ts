/** @file Log-ratios of policies, bounded so that their exponential stays finite. */
import type { Tensor } from '../tensor/index.ts';

/** e²⁰ is far beyond any clip range and far below overflow in float32. */
const BOUND = 20;

/** A log-ratio within ±20; its gradient is 0 where the bound acts. */
export function clampLogRatio(logRatio: Tensor): Tensor {
  return logRatio.clamp(-BOUND, BOUND);
}
