import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from './errors.ts';
import { onFirst, type Ranks } from './ranks.ts';

/** Rank 0 of two, which keeps what it tells. */
class First implements Ranks {
  readonly rank = 0;
  readonly size = 2;
  readonly told: unknown[] = [];

  sum(): void {}

  gather<T>(own: T): T[] {
    this.told.push(own);
    return [own];
  }
}

/** Rank 1 of two, which is told these. */
function second(...told: readonly unknown[]): Ranks {
  const left = [...told];
  return { rank: 1, size: 2, sum: () => undefined, gather: <T>(own: T) => [left.shift() as T, own] };
}

describe('onFirst', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells the others during long work that it goes on, and then what it gave', async () => {
    const first = new First();
    const work = new Promise((resolve) => setTimeout(() => resolve('done'), 50_000));
    const given = onFirst(first, () => work);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(await given).toBe('done');
    expect(first.told).toEqual(['goes on', 'goes on', { value: 'done' }]);
    expect(await onFirst(second(...first.told), () => 'not asked')).toBe('done');
  });

  it('tells the others why it failed', async () => {
    const first = new First();
    const fail = (): never => {
      throw new UserError('disk full', 'Free some space.', { exitCode: 3 });
    };
    await expect(onFirst(first, fail)).rejects.toThrow('disk full');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(first.told).toHaveLength(1);
    await expect(onFirst(second('goes on', ...first.told), fail)).rejects.toMatchObject({
      message: 'disk full\n  Free some space.',
      exitCode: 3,
    });
  });
});
