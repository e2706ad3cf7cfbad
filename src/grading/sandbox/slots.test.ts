import { expect, it } from 'vitest';
import { Slots } from './slots.ts';

it('runs no more at one time than there are slots, in order, failures included', async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const task = (i: number) => async () => {
    begun.push(i);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
    if (i === 1) throw new Error('one');
    return i;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((i) => slots.run(task(i))));
  expect(most).toBe(2);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});
