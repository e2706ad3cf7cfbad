/** @file Which samples an update learns from. */
import type { LossConfig } from '../loss/index.ts';
import type { Sample } from '../records.ts';

/** A sample counts where something could score it, it has a token, and it was not cut where that is asked for. */
export function counts({ scored: { reward, completion } }: Sample, { maskTruncated }: LossConfig): boolean {
  const cut = maskTruncated && completion.finish === 'length';
  return reward !== null && completion.tokens.length > 0 && !cut;
}
