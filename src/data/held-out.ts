/** @file The prompts of a file as held-out set; as training source, see epochs.ts. */
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Prompt } from '../records.ts';
import type { HeldOut } from './source.ts';

/**
 * Prompts to measure on: their own order shuffled once by seed. Use another file than for training.
 * @param path - the file they are from, for messages
 */
export function heldOutOf(prompts: readonly Prompt[], seed: number, path: string): HeldOut {
  const order = Random.derive(seed, 'heldout').shuffle(prompts);
  return {
    size: order.length,
    take(count) {
      if (count > order.length) {
        throw new UserError(
          `${path}: ${count} prompts asked for, ${order.length} there`,
          'Ask for fewer, or leave the number out to use all.',
        );
      }
      return order.slice(0, count);
    },
  };
}
