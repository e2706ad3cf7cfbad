/**
 * @file Several streams as one, in fixed proportions.
 *
 * Each next item comes from the stream furthest behind its share (the largest-deficit rule), so every run of k items
 * holds each stream's share of k to within a few items: proportions do not fluctuate from batch to batch. Streams may
 * begin later than others; proportions are then counted anew among those that have begun.
 */
import type { Json } from '../records.ts';
import type { HeldOut, Stream } from './source.ts';

export interface Weighted<T> {
  readonly source: T;
  /** Relative share, above 0. */
  readonly weight: number;
  /** The step of training from which on it takes part; 0 unless given. */
  readonly fromStep?: number | undefined;
}

/** Shares that sum to 1. */
function shares(parts: readonly Weighted<unknown>[]): number[] {
  if (parts.length === 0) throw new RangeError('a mixture needs a source');
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return parts.map(({ weight }) => {
    if (!(weight > 0 && weight < Infinity)) throw new RangeError(`weight ${weight} is not a number above 0`);
    return weight / total;
  });
}

/** The index of the source furthest behind after `taken` items of each. */
function furthestBehind(share: readonly number[], taken: readonly number[]): number {
  const drawn = taken.reduce((sum, count) => sum + count, 0) + 1;
  let best = 0;
  let bestDeficit = Number.NEGATIVE_INFINITY;
  for (const [i, fraction] of share.entries()) {
    const deficit = fraction * drawn - taken[i]!;
    if (deficit > bestDeficit + 1e-9) [best, bestDeficit] = [i, deficit];
  }
  return best;
}

/**
 * Items of all parts by weight; the order of parts decides ties. From the step on at which a part begins, shares are
 * counted from zero: what it missed before is not made up for.
 *
 * @param cost - what an item counts for: 1 unless given, so that shares are of items
 */
export function mixture<T>(
  parts: readonly Weighted<Stream<T>>[],
  cost: (item: T) => number = () => 1,
): Stream<T> {
  shares(parts);
  let taken = parts.map(() => 0);
  /** Which parts the items in `taken` were drawn from. */
  let begun: readonly number[] = parts.map((_, i) => i);
  const begin = (step: number): void => {
    const now = begunAt(parts, step);
    if (now.join() === begun.join()) return;
    begun = now;
    taken = parts.map(() => 0);
  };
  const sizes = parts.map(({ source }) => source.size);
  return {
    size: sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + size!, 0),
    next(count, step = Infinity) {
      begin(step);
      const share = shares(begun.map((i) => parts[i]!));
      return Array.from({ length: count }, (): T => {
        const counts = begun.map((i) => taken[i]!);
        const chosen = begun[furthestBehind(share, counts)]!;
        const item = parts[chosen]!.source.next(1)[0]!;
        taken[chosen]! += cost(item);
        return item;
      });
    },
    cursor: () => ({
      taken: [...taken],
      begun: [...begun],
      parts: parts.map(({ source }) => source.cursor()),
    }),
    seek(cursor) {
      const saved = cursor as {
        taken?: readonly number[];
        begun?: readonly number[];
        parts?: readonly Json[];
      } | null;
      if (saved?.taken?.length !== parts.length || saved.parts?.length !== parts.length) {
        throw new TypeError(`mixture: not a cursor of ${parts.length} sources: ${JSON.stringify(cursor)}`);
      }
      taken = [...saved.taken];
      begun = saved.begun ?? parts.map((_, i) => i);
      for (const [i, { source }] of parts.entries()) source.seek(saved.parts[i]!);
    },
  };
}

/** Indices of the parts that take part at a step. */
function begunAt(parts: readonly Weighted<unknown>[], step: number): number[] {
  const begun = parts.flatMap(({ fromStep = 0 }, i) => (fromStep <= step ? [i] : []));
  if (begun.length === 0) throw new RangeError(`no source of the mixture has begun at step ${step}`);
  return begun;
}

/** Held-out prompts of all parts by weight. */
export function heldOutMixture(parts: readonly Weighted<HeldOut>[]): HeldOut {
  const share = shares(parts);
  const sizes = parts.map(({ source }) => source.size);
  return {
    size: sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + size!, 0),
    take(count) {
      const taken = parts.map(() => 0);
      const order = Array.from({ length: count }, () => {
        const chosen = furthestBehind(share, taken);
        taken[chosen]! += 1;
        return [chosen, taken[chosen]! - 1] as const;
      });
      const prompts = parts.map(({ source }, i) => source.take(taken[i]!));
      return order.map(([chosen, i]) => prompts[chosen]![i]!);
    },
  };
}
