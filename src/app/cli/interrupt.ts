/**
 * @file Ctrl-C: the first finishes the step and saves, the second ends the process at once, even within a native call.
 * SIGTERM, which batch systems send before they kill, counts the same.
 */
import { UserError } from '../../errors.ts';
import type { InterruptGuard } from '../../torch/index.ts';
import { describeFailure } from './errors.ts';

/** Exit status of an interrupted command, as shells report SIGINT. */
export const EXIT_INTERRUPTED = 130;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The reason of an aborted run. */
export class Interrupted extends UserError {
  override readonly name = 'Interrupted';

  /** @param remedy - how to go on */
  constructor(remedy: string) {
    super('interrupted; what was finished is saved', remedy, { exitCode: EXIT_INTERRUPTED });
  }
}

/** A signal that is aborted by the first interrupt. */
export interface InterruptListener extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Listens until the first interrupt, or until disposed. The second finds no listener and ends the process, as the
 * operating system does.
 *
 * @param onFirst - called at the first interrupt; what it returns says how to go on
 * @param openGuard - counts signals below the event loop, for a process whose native calls hold that up
 */
export function listenForInterrupt(
  onFirst: () => string,
  openGuard?: () => InterruptGuard,
): InterruptListener {
  const controller = new AbortController();
  const stopListening = () => {
    for (const name of SIGNALS) process.off(name, listener);
  };
  const listener = () => {
    stopListening();
    guard?.again();
    controller.abort(new Interrupted(onFirst()));
  };
  for (const name of SIGNALS) process.on(name, listener);
  const guard = openGuard?.();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      // Once interrupted, what is still to be saved and closed can be cut short too.
      if (!controller.signal.aborted) guard?.[Symbol.dispose]();
      stopListening();
    },
  };
}

/**
 * What a process says that a second interrupt ends.
 * @param remedy - how to go on
 * @param json - whether errors are JSON; else a line may be under way
 */
export function lastWords(remedy: string, json: boolean): string {
  const { text } = describeFailure(new UserError('interrupted twice; ended at once', remedy), json);
  return json ? text! : `\n${text}`;
}
