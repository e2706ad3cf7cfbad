/** @file Between two steps a stage lets signals and timers in: native calls block the event loop. */
import { setImmediate } from 'node:timers/promises';

/**
 * Lets a signal that came during the step be heard. Call it before deciding whether to save, and stop after.
 * @example
 * await breathe();
 * if (due || signal.aborted) await save();
 * signal.throwIfAborted();
 */
export async function breathe(): Promise<void> {
  await setImmediate();
}
