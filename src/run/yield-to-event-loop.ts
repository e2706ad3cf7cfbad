/** @file A pause between two steps in which signals and timers are handled: native calls block the event loop. */
import { setImmediate } from 'node:timers/promises';

/**
 * Lets a signal that came during the step be heard. Call it before deciding whether to save, and stop after.
 * @example
 * await yieldToEventLoop();
 * if (due || signal.aborted) await save();
 * signal.throwIfAborted();
 */
export async function yieldToEventLoop(): Promise<void> {
  await setImmediate();
}
