import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';

it('keeps the order, and the width', async () => {
  let [now, most] = [0, 0];
  const results = await inParallel([30, 10, 20, 0, 5], 2, async (pause) => {
    most = Math.max(most, ++now);
    await sleep(pause);
    now -= 1;
    return pause + 1;
  });
  expect(results).toEqual([31, 11, 21, 1, 6]);
  expect(most).toBe(2);
  expect(await inParallel([], 4, async () => 1)).toEqual([]);
});

it('begins nothing after a failure, and waits for what is under way', async () => {
  const done: number[] = [];
  const run = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('first');
    await sleep(20);
    done.push(item);
  });
  await expect(run).rejects.toThrow('first');
  expect(done).toEqual([2]);
});
