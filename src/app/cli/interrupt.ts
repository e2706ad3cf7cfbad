/**
 * @file Ctrl-C: the first finishes the step and saves, the second ends the process at once. SIGTERM, which batch
 * systems send before they kill, counts the same.
 */
import { UserError } from '../../errors.ts';

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
 * operating system does, even while a native call blocks the event loop.
 *
 * @param onFirst - called at the first interrupt; what it returns says how to go on
 */
export function listenForInterrupt(onFirst: () => string): InterruptListener {
  const controller = new AbortController();
  const stopListening = () => {
    for (const name of SIGNALS) process.off(name, listener);
  };
  const listener = () => {
    stopListening();
    controller.abort(new Interrupted(onFirst()));
  };
  for (const name of SIGNALS) process.on(name, listener);
  return { signal: controller.signal, [Symbol.dispose]: stopListening };
}
