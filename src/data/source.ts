/**
 * @file Sources of data that can be resumed: of anything, and of prompts.
 *
 * A cursor is plain JSON that says where a source stands; `seek(cursor)` on a source opened the same way goes on with
 * exactly the items that would have come next. Sources that are computed from an index (`indexedSource`) make a resumed
 * run equal to the uninterrupted one without saving generator state. A finite collection is read in epochs.
 */

import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Json, Prompt } from '../records.ts';

/** A resumable sequence of items. */
export interface Source<T> {
  /** The next item, or null at the end of a finite source. */
  next(): T | null;
  /** Where the source stands, as JSON. */
  cursor(): Json;
  /** Goes to where `cursor()` was taken. Throws TypeError when `cursor` is none of this kind of source. */
  seek(cursor: Json): void;
}

/** An endless, resumable stream; a finite collection starts over, reshuffled, when it is used up. */
export interface Stream<T> {
  /** Number of distinct items, or null where they are generated without end. */
  readonly size: number | null;
  /**
   * The next `count` items; always exactly `count`.
   * @param step - steps of training done: parts of a mixture that begin later are left out; all take part unless given
   */
  next(count: number, step?: number): T[];
  cursor(): Json;
  seek(cursor: Json): void;
}

export type PromptSource = Stream<Prompt>;

/** Prompts to measure on: the first `count` of a fixed order, disjoint from what training draws where that can be. */
export interface HeldOut {
  /** Number of prompts there are, or null where they are generated without end. */
  readonly size: number | null;
  /** The first `count` prompts; a larger `count` extends the smaller one. Throws UsageError above `size`. */
  take(count: number): Prompt[];
}

/** Reads a cursor that is one index. Throws TypeError naming `source` when it is not. */
export function indexCursor(cursor: Json, source: string): number {
  if (typeof cursor !== 'number' || !Number.isSafeInteger(cursor) || cursor < 0) {
    throw new TypeError(`${source}: not a cursor of this source: ${JSON.stringify(cursor)}`);
  }
  return cursor;
}

/** The endless source at(0), at(1), … of a pure function; its cursor is the index. */
export function indexedSource<T>(name: string, at: (index: number) => T): Source<T> {
  let index = 0;
  return {
    next: () => at(index++),
    cursor: () => index,
    seek: (cursor) => {
      index = indexCursor(cursor, name);
    },
  };
}

/** The endless prompt source at(0), at(1), … of a pure function; its cursor is the index. */
export function indexedPrompts(name: string, at: (index: number) => Prompt): PromptSource {
  const source = indexedSource(name, at);
  return {
    size: null,
    next: (count) => Array.from({ length: count }, () => source.next()!),
    cursor: () => source.cursor(),
    seek: (cursor) => source.seek(cursor),
  };
}

/** The source of `transform(item)`: for example documents to token sequences. */
export function mapSource<T, U>(source: Source<T>, transform: (item: T) => U): Source<U> {
  return {
    next() {
      const item = source.next();
      return item === null ? null : transform(item);
    },
    cursor: () => source.cursor(),
    seek: (cursor) => source.seek(cursor),
  };
}

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
