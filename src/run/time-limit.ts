/**
 * @file Time limit of what runs elsewhere: time in which this process could not listen does not count.
 *
 * A pass of a model blocks the event loop for as long as it takes. What ended meanwhile would else be found late.
 */
import { setImmediate } from 'node:timers/promises';

const TICK_MS = 100;
/** Turns of the event loop in which what has ended is heard, after the time is up. */
const TURNS = 3;

/**
 * Calls `onEnd` after `ms` milliseconds in which this process listened.
 * @returns ends the limit; `onEnd` is not called afterwards
 */
export function startTimeLimit(ms: number, onEnd: () => void): () => void {
  let left = ms;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const expire = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS && !over; turn++) await setImmediate();
    if (!over) onEnd();
  };
  const wait = (): void => {
    const slice = Math.min(left, TICK_MS);
    const before = performance.now();
    timer = setTimeout(() => {
      left -= Math.min(performance.now() - before, slice + TICK_MS);
      if (left > 0) wait();
      else void expire();
    }, slice);
  };
  wait();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
