import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { earlierSeconds, startClock } from './elapsed.ts';

it('adds up the sittings of a run', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-elapsed-'));
  expect(earlierSeconds(dir)).toBe(0);
  const first = startClock(dir);
  await setTimeout(20);
  const one = await first.end();
  expect(one).toBeGreaterThan(0.015);
  const two = await startClock(dir).end();
  expect(two).toBeGreaterThanOrEqual(one);
  expect(earlierSeconds(dir)).toBe(two);
});

it.each(['{', 'null', '{"seconds": "x"}', '[]', ''])(
  'goes on without the seconds of a damaged file: %j',
  async (text) => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-elapsed-'));
    writeFileSync(path.join(dir, 'elapsed.json'), text);
    const clock = startClock(dir);
    expect(clock.damaged).toBe(true);
    expect(await clock.end()).toBeLessThan(60);
    expect(startClock(dir).damaged).toBe(false);
  },
);
