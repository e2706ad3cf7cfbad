/** @file Minibatches: the shares of a rollout, one for each optimiser step. */
import { Random } from '../random.ts';

/** What says how a rollout is shared out. */
export interface Sharing {
  /** How many parts. */
  readonly minibatches: number;
  /** The run's. */
  readonly seed: number;
  /** Steps taken before this one. */
  readonly step: number;
}

/** `minibatches` parts of nearly equal size, each a random draw from all groups; one part keeps the order. */
export function shareOut<T>(items: readonly T[], { minibatches, seed, step }: Sharing): T[][] {
  const shuffled = minibatches === 1 ? items : Random.derive(seed, 'minibatches', step).shuffle(items);
  return Array.from({ length: minibatches }, (_, part) =>
    shuffled.filter((_, i) => i % minibatches === part),
  );
}
