/** @file Between two steps a stage lets signals and timers in: native calls block the event loop. */
import { setImmediate } from 'node:timers/promises';

/**
 * Ends a step. An interrupt that came during the step is only heard here, after the step decided whether to save: it
 * stops the run one step later, which sees it and saves.
 *
 * @throws the signal's reason when the run was asked to stop before the call
 */
export async function breathe(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await setImmediate();
}
