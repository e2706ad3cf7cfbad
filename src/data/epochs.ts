/** @file An endless stream over a finite collection: each epoch is one shuffle, decided by seed and epoch. */
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Json } from '../records.ts';
import { indexCursor, type Stream } from './source.ts';

/** @param name - where the items are from, for messages */
export function epochs<T>(items: readonly T[], seed: number, name: string): Stream<T> {
  const size = items.length;
  let position = 0;
  let shuffled = { epoch: -1, order: [] as T[] };
  const at = (index: number): T => {
    const epoch = Math.floor(index / size);
    if (shuffled.epoch !== epoch) {
      shuffled = { epoch, order: Random.derive(seed, 'epoch', epoch).shuffle(items) };
    }
    return shuffled.order[index % size]!;
  };
  return {
    size,
    next: (count) => Array.from({ length: count }, () => at(position++)),
    cursor: () => ({ position, size }),
    seek: (cursor) => {
      position = epochCursor(cursor, size, name);
    },
  };
}

function epochCursor(cursor: Json, size: number, name: string): number {
  const saved = cursor as { position?: Json; size?: Json } | null;
  if (saved?.size !== undefined && saved.size !== size) {
    throw new UserError(
      `${name}: ${size} items, but the run to be resumed read ${JSON.stringify(saved.size)}`,
      'Restore the file the run began with, or start a new run.',
    );
  }
  return indexCursor(saved?.position ?? null, name);
}
