/**
 * @file Outcome of a run, before and after it is judged.
 */

/**
 * The verdict on one case.
 * - `passed`, `wrong`: it ran to its end and the result is, or is not, the expected one
 * - `error`: an exception, an exit status other than 0, no such function, a refused system call
 * - `timeout`, `memory`, `output`: a limit was reached
 * - `skipped`: not run, since an earlier case decided
 */
export type Verdict = 'passed' | 'wrong' | 'error' | 'timeout' | 'memory' | 'output' | 'skipped';

/** A run that came to no result, or to a failed assertion (`wrong`). */
export interface Failure {
  readonly kind: 'failed';
  readonly verdict: 'wrong' | 'error' | 'timeout' | 'memory' | 'output';
  /** One short line. */
  readonly message: string;
}

/** What a sandbox gives back: nothing in it is compared with an expected value yet. */
export type Outcome =
  | { readonly kind: 'printed'; readonly stdout: string }
  /** The returned value as JSON text. */
  | { readonly kind: 'returned'; readonly json: string }
  /** Test code ran to its end. */
  | { readonly kind: 'asserted' }
  | Failure;

const MESSAGE_LENGTH = 300;

/** A failure with its message on one line and cut to a bearable length. */
export function failure(verdict: Failure['verdict'], message: string): Failure {
  const line = message
    .slice(0, 2 * MESSAGE_LENGTH)
    .replace(/\s+/gu, ' ')
    .trim();
  const short = line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH - 1)}…` : line;
  return { kind: 'failed', verdict, message: short };
}

/** The failure an uncaught exception of the program stands for. */
export function exceptionFailure(type: string, message: string, line?: number): Failure {
  const at = line === undefined ? '' : `line ${line}: `;
  const text = message === '' ? type : `${type}: ${message}`;
  if (type === 'MemoryError' || (type === 'InternalError' && message === 'out of memory'))
    return failure('memory', `${at}${text}`);
  return failure(type === 'AssertionError' ? 'wrong' : 'error', `${at}${text}`);
}
