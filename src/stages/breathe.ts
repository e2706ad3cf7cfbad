/** @file Between two steps a stage lets signals and timers in: native calls block the event loop. */
import { setImmediate } from 'node:timers/promises';

/** @throws the signal's reason when the run was asked to stop */
export async function breathe(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
