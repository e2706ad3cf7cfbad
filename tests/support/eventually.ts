/** @file Waiting for what happens elsewhere, on machines that may be busy: no test depends on how long a moment is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';

/** Waits until `check` throws no more, and gives what it gives. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 5 });
}

/**
 * Waits until a value has stayed the same for a while, and gives it. It is looked at many times: after a pause of the
 * whole process one look may find no change.
 *
 * @param ms - how long it stays the same
 */
export async function settled<T>(value: () => T, ms = 500): Promise<T> {
  let last = value();
  for (let same = 0; same < ms / 20; same += 1) {
    await sleep(20);
    if (value() === last) continue;
    last = value();
    same = -1;
  }
  return last;
}
