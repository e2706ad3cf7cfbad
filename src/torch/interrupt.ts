/** @file A second Ctrl-C that ends the process even within a native call, which holds up the event loop. */
import { native } from './native.ts';

/** Signals counted below the event loop. */
export interface InterruptGuard extends Disposable {
  /** Takes the signals again. Call it after listeners for them were removed: Node then gives up its own handler. */
  again(): void;
}

/**
 * Counts SIGINT and SIGTERM from now on: the first reaches JavaScript as before, the second ends the process with status
 * 128 + signal. Both within 0.2 s are one: npm passes on what the terminal has sent already.
 *
 * @param lastWords - written to stderr where the second ends the process
 */
export function endOnSecondInterrupt(lastWords: string): InterruptGuard {
  const again = (): void => native.endOnSecondInterrupt(lastWords);
  again();
  return { again, [Symbol.dispose]: () => native.forgetInterrupts() };
}
