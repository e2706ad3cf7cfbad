/**
 * @file Message and exit status of a command that fails.
 *
 * 0 done · 1 failed · 2 wrong usage or configuration · 130 interrupted. Errors a user can act on show their message
 * alone; anything else is a defect and shows its stack. With --json an error is `{"error": {"message": …}}`.
 */
import { CommanderError } from 'commander';
import { EXIT_USAGE, UserError } from '../../errors.ts';

/** What a failure looks like to the caller of the program. */
export interface Failure {
  readonly exitCode: number;
  /** For stderr; null when everything has been said (help was asked for). */
  readonly text: string | null;
}

/** Describes whatever a command threw. */
export function describeFailure(error: unknown, json: boolean): Failure {
  if (error instanceof CommanderError && error.exitCode === 0) return { exitCode: 0, text: null };
  // Without a command commander has printed the help; there is nothing to add but the exit status.
  if (error instanceof CommanderError && error.code === 'commander.help') {
    return { exitCode: EXIT_USAGE, text: null };
  }
  const [exitCode, message] = classify(error);
  const defect = exitCode === 1 && !(error instanceof UserError) && error instanceof Error;
  if (json) return { exitCode, text: `${JSON.stringify({ error: { message } })}\n` };
  return { exitCode, text: `aha: ${defect ? (error.stack ?? message) : message}\n` };
}

function classify(error: unknown): [exitCode: number, message: string] {
  if (error instanceof UserError) return [error.exitCode, error.message];
  if (error instanceof CommanderError) return [EXIT_USAGE, error.message.replace(/^error: /, '')];
  return [1, error instanceof Error ? error.message : String(error)];
}
