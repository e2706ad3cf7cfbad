/** @file Waiting for what happens elsewhere, on machines that may be busy: no test depends on how long a moment is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';

const LOOK_MS = 20;

/** Waits until `check` throws no more, and gives what it gives. It may take long: a real model may be loading. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 50_000, interval: 5 });
}

/**
 * Waits until a value has stayed the same for a while, and gives it. It is looked at many times: after a pause of the
 * whole process one look may find no change.
 *
 * @param ms - how long it stays the same
 */
export async function settled<T>(value: () => T, ms = 500): Promise<T> {
  let [last, same] = [value(), 0];
  while (same < ms) {
    await sleep(LOOK_MS);
    const now = value();
    same = now === last ? same + LOOK_MS : 0;
    last = now;
  }
  return last;
}
