import { afterAll, expect, it } from 'vitest';
import { closeEngines, engineCompare } from './pool.ts';

afterAll(closeEngines);

const ENDLESS = '\\sum_{k=1}^{100000000000} \\sin(k)';

it('answers many pairs, in the order of the questions', async () => {
  const pairs = Array.from(
    { length: 12 },
    (_, n) => [`\\sum_{k=1}^{${n}} 1`, n % 2 === 0 ? `${n}` : '99'] as const,
  );
  const outcomes = await Promise.all(pairs.map(([a, b]) => engineCompare(a, b)));
  expect(outcomes.slice(1)).toEqual(pairs.slice(1).map((_, i) => (i % 2 === 1 ? 'equal' : 'different')));
});

it('ends what runs over its time, and goes on', async () => {
  await engineCompare('1', '1');
  const start = performance.now();
  expect(await engineCompare(ENDLESS, '5', { timeLimit: 300 })).toBe('unknown');
  expect(performance.now() - start).toBeLessThan(20_000);
  expect(await engineCompare('\\sum_{k=1}^{4} k', '10')).toBe('equal');
});

it('ends what runs over its memory', async () => {
  await engineCompare('1', '1');
  const start = performance.now();
  expect(await engineCompare(ENDLESS, '5', { timeLimit: 60_000, memoryLimit: 10 })).toBe('unknown');
  expect(performance.now() - start).toBeLessThan(30_000);
});

it('starts anew after it was closed', async () => {
  closeEngines();
  expect(await engineCompare('\\sum_{k=1}^{4} k', '10')).toBe('equal');
});
