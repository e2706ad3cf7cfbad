/**
 * @file Ranks: processes that train or sample one model together, each with a copy of it and a share of the work.
 *
 * All ranks read the same data and draw the same random numbers. What is heavy is split: sequences that a model reads or
 * writes. Every rank calls `sum`, `gather` and the functions below in the same order. Rank 0 alone writes files.
 */
import { UserError } from './errors.ts';

/** Numbers on a device, which only src/torch looks into: a Tensor. */
export interface Vector {
  readonly numel: number;
}

export interface Ranks {
  /** This process, 0 … size − 1. */
  readonly rank: number;
  readonly size: number;
  /** Adds up a vector over the ranks, in place and in the order of the ranks: every rank has the same bits afterwards. */
  sum(vector: Vector): void;
  /** What each rank gives, in their order. It crosses as a structured clone: plain objects, arrays, typed arrays. */
  gather<T>(own: T): T[];
}

/** A process without others. */
export const ALONE: Ranks = { rank: 0, size: 1, sum: () => undefined, gather: (own) => [own] };

/** A range of indices, its end left out. */
export type Range = readonly [from: number, to: number];

/** The share of `count` equal pieces of work that is a rank's: a range, at most one longer than another's. */
export function shareOf(count: number, { rank, size }: Pick<Ranks, 'rank' | 'size'>): Range {
  return [Math.floor((count * rank) / size), Math.floor((count * (rank + 1)) / size)];
}

/**
 * The share of pieces of work of different costs that is a rank's: a range of about the same cost as those of the others.
 * Equal costs are shared out as `shareOf` does.
 */
export function shareByCost(costs: ArrayLike<number>, { rank, size }: Pick<Ranks, 'rank' | 'size'>): Range {
  const total = Array.from(costs).reduce((sum, cost) => sum + cost, 0);
  // A piece belongs to the rank in whose part of the whole cost its middle lies.
  const before = (part: number): number => {
    let [index, sum] = [0, 0];
    while (index < costs.length && (sum + costs[index]! / 2) * size < total * part) sum += costs[index++]!;
    return index;
  };
  return [before(rank), rank === size - 1 ? costs.length : before(rank + 1)];
}

/** Whether it holds on any rank. */
export function onAny(ranks: Ranks, holds: boolean): boolean {
  return ranks.gather(holds).includes(true);
}

/** What rank 0 says. @param value - asked on rank 0 alone */
export function fromFirst<T>(ranks: Ranks, value: () => T): T {
  return ranks.gather(ranks.rank === 0 ? { value: value() } : null)[0]!.value;
}

/**
 * Why work is to stop, agreed by all ranks so that they stop at the same place; null while the signal of none is aborted.
 * @param signal - this rank's
 */
export function interruption(ranks: Ranks, signal: AbortSignal): { readonly reason: unknown } | null {
  const told = ranks.gather(signal.aborted ? toldOf(signal.reason) : null);
  const first = told.find((one) => one !== null);
  if (first === undefined || first === null) return null;
  return { reason: signal.aborted ? signal.reason : errorOf(first) };
}

/** An error as one rank tells it to the others. */
interface Told {
  readonly failed: string;
  readonly exitCode: number;
}

function toldOf(error: unknown): Told {
  const failed = error instanceof Error ? error.message : String(error);
  return { failed, exitCode: error instanceof UserError ? error.exitCode : 1 };
}

function errorOf({ failed, exitCode }: Told): UserError {
  const [what = '', ...remedy] = failed.split('\n  ');
  return new UserError(what, remedy.join('\n  '), { exitCode });
}

/** How work of rank 0 ended, or that it goes on. */
type Ending<T> = { readonly value: T } | Told | typeof GOES_ON;

const GOES_ON = 'goes on';

/**
 * How often rank 0 says that its work goes on, in milliseconds: the others wait for it in a collective, whose time-out is for
 * ranks that hang. Work that holds up the event loop for as long says nothing.
 */
const SIGN_OF_LIFE_MS = 20_000;

/**
 * Work that rank 0 does alone, such as writing files, while the others wait.
 * @returns what it gave; on the other ranks a structured clone of it
 * @throws on rank 0 what the work threw; on the others a UserError with its message
 */
export function onFirst<T>(ranks: Ranks, work: () => T | Promise<T>): Promise<T>;
/** @param tell - what of the result the other ranks get */
export function onFirst<T, Rest>(
  ranks: Ranks,
  work: () => T | Promise<T>,
  tell: (value: T) => Rest,
): Promise<T | Rest>;
export async function onFirst(
  ranks: Ranks,
  work: () => unknown,
  tell: (value: unknown) => unknown = (value) => value,
): Promise<unknown> {
  if (ranks.size === 1) return work();
  if (ranks.rank > 0) return endingOfFirst(ranks);
  let value: unknown;
  try {
    value = await withSignsOfLife(ranks, work);
  } catch (error) {
    ranks.gather(toldOf(error));
    throw error;
  }
  ranks.gather({ value: tell(value) });
  return value;
}

/** Does the work of rank 0. What ends another rank meanwhile is thrown after it, by the next collective. */
async function withSignsOfLife(ranks: Ranks, work: () => unknown): Promise<unknown> {
  const tellOthers = (): void => {
    try {
      ranks.gather(GOES_ON);
    } catch {
      clearInterval(signs);
    }
  };
  const signs = setInterval(tellOthers, SIGN_OF_LIFE_MS);
  try {
    return await work();
  } finally {
    clearInterval(signs);
  }
}

/** Waits for what rank 0 tells. */
function endingOfFirst(ranks: Ranks): unknown {
  for (;;) {
    const ending = ranks.gather<Ending<unknown> | null>(null)[0]!;
    if (ending === GOES_ON) continue;
    if ('failed' in ending) throw errorOf(ending);
    return ending.value;
  }
}

/** Work that every rank does, rank 0 before the others: what it leaves on the disk is there for them. */
export async function firstThenOthers<T>(ranks: Ranks, work: () => T | Promise<T>): Promise<T> {
  const done = await onFirst<{ readonly value: T }, null>(
    ranks,
    async () => ({ value: await work() }),
    () => null,
  );
  return done === null ? work() : done.value;
}
