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
  /** For stderr; null when everything has been said (help was asked for, or another process has said it). */
  readonly text: string | null;
}

/** The end of a command whose reason another process has told already. */
export class ToldError extends UserError {
  override readonly name = 'ToldError';

  constructor(exitCode: number) {
    super('another process has said what was wrong', 'See above.', { exitCode });
  }
}

/** Describes whatever a command threw. */
export function describeFailure(error: unknown, json: boolean): Failure {
  if (error instanceof CommanderError && error.exitCode === 0) return { exitCode: 0, text: null };
  // Without a command commander has printed the help; there is nothing to add but the exit status.
  if (error instanceof CommanderError && error.code === 'commander.help') {
    return { exitCode: EXIT_USAGE, text: null };
  }
  if (error instanceof ToldError) return { exitCode: error.exitCode, text: null };
  const known = systemError(error) ?? error;
  const [exitCode, message] = classify(known);
  const defect = exitCode === 1 && !(known instanceof UserError) && known instanceof Error;
  if (json) return { exitCode, text: `${JSON.stringify({ error: { message } })}\n` };
  return { exitCode, text: `aha: ${defect ? (known.stack ?? message) : message}\n` };
}

/** What the machine refused, and what to do. */
const SYSTEM_ERRORS: { readonly [code: string]: readonly [what: string, remedy: string] } = {
  ENOSPC: [
    'no space is left on the device',
    'Free some, then go on: aha run with --resume, other commands again.',
  ],
  EDQUOT: [
    'the disk quota is used up',
    'Free some, then go on: aha run with --resume, other commands again.',
  ],
  EFBIG: [
    'the file would be larger than is allowed here',
    'Raise the limit (ulimit -f), then go on: aha run with --resume, other commands again.',
  ],
  EROFS: [
    'the file system is read-only',
    'Make it writable and go on (aha run with --resume, other commands again), or name another place.',
  ],
  EACCES: ['permission denied', 'Name a place that you may read and write.'],
  EPERM: ['operation not permitted', 'Name a place that you may read and write.'],
  EIO: ['the device reports an error', 'Check the disk; the last saved state is kept.'],
  EMFILE: ['too many files are open', 'Raise the limit: ulimit -n 4096.'],
  ENOENT: ['no such file or directory', 'It may have been removed meanwhile; give the command again.'],
  ENOTDIR: ['a part of the path is no directory', 'Name another place.'],
  EISDIR: ['a directory stands where a file belongs', 'Remove it, or name another place.'],
  ELOOP: ['symbolic links lead back to themselves', 'Mend the links, or name another place.'],
  ENAMETOOLONG: ['the name is too long', 'Name another place.'],
};

/** The error of a call of the operating system in plain words; null for anything else. */
function systemError(error: unknown): UserError | null {
  if (!(error instanceof Error) || error instanceof UserError) return null;
  const { code = '', syscall, path } = error as NodeJS.ErrnoException;
  const known = syscall === undefined ? undefined : SYSTEM_ERRORS[code];
  if (known === undefined) return null;
  return new UserError(
    `${path === undefined ? '' : `${path}: `}${known[0]} (${code}, ${syscall})`,
    known[1],
    {
      cause: error,
    },
  );
}

function classify(error: unknown): [exitCode: number, message: string] {
  if (error instanceof UserError) return [error.exitCode, error.message];
  if (error instanceof CommanderError) return [EXIT_USAGE, error.message.replace(/^error: /, '')];
  return [1, error instanceof Error ? error.message : String(error)];
}
