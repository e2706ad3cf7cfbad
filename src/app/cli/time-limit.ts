/**
 * @file Time limit of a command: when it is reached the step is finished and saved, as at Ctrl-C.
 *
 * Machines that are rented by the hour, and batch systems, kill what runs too long.
 */
import { UserError } from '../../errors.ts';

/** Exit status of a command that stopped at its time limit: the same command goes on (sysexits' EX_TEMPFAIL). */
export const EXIT_TIME_LIMIT = 75;

/** Longest delay of a timer, ms; a limit beyond it (24 days) is none. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The reason of a run that stopped at its time limit. */
export class TimeLimitReached extends UserError {
  override readonly name = 'TimeLimitReached';

  /** @param remedy - how to go on */
  constructor(minutes: number, remedy: string) {
    super(`stopped after ${minutes} minutes, as asked; what was finished is saved`, remedy, {
      exitCode: EXIT_TIME_LIMIT,
    });
  }
}

/** A signal that is aborted when the time is up. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * @param minutes - since the process began; undefined for no limit
 * @param onReached - called when the time is up; what it returns says how to go on
 */
export function timeLimit(minutes: number | undefined, onReached: () => string): TimeLimit {
  const controller = new AbortController();
  const left = minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000 - performance.now();
  const stop = () => controller.abort(new TimeLimitReached(minutes!, onReached()));
  const timer = left <= LONGEST_TIMER ? setTimeout(stop, Math.max(0, left)) : undefined;
  // A run that is done does not wait for its limit.
  timer?.unref();
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
