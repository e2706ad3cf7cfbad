/**
 * @file Errors a user can act on: each says what was wrong, where, and what to do.
 *
 * Anything else that is thrown is a defect of this project and is shown with its stack.
 */

/** Exit status of the command line for usage and configuration errors. */
export const EXIT_USAGE = 2;

/** An error whose message is complete for the user: no stack trace is shown. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly exitCode: number;

  /**
   * @param what - what is wrong and where, e.g. `config.json: unknown architecture "gpt2"`
   * @param remedy - what to do about it, one sentence
   */
  constructor(what: string, remedy: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(`${what}\n  ${remedy}`, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The error with its place before it, and maybe a further remedy behind its own. */
export function placedError(error: UserError, place: string, further?: string): UserError {
  const [what = '', ...remedies] = error.message.split('\n  ');
  const remedy = [...remedies, ...(further === undefined ? [] : [further])].join('\n  ');
  return new UserError(`${place}${what}`, remedy, { exitCode: error.exitCode, cause: error });
}

/** Wrong usage of the command line or a wrong configuration: exit status 2. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';

  constructor(what: string, remedy: string, options: { cause?: unknown } = {}) {
    super(what, remedy, { ...options, exitCode: EXIT_USAGE });
  }
}

/** Ranks that could not meet, or an operation of theirs that did not end: one of them ended, hangs or is unreachable. */
export class RankError extends UserError {
  override readonly name = 'RankError';
  readonly rank: number;
  /** What was under way, `all-reduce` for instance. */
  readonly operation: string;
  readonly timeoutMs: number;

  /** @param what - what happened, after the rank: `all-reduce failed: …` */
  constructor(
    what: string,
    remedy: string,
    where: { rank: number; size: number; operation: string; timeoutMs: number },
    options: { cause?: unknown } = {},
  ) {
    super(`rank ${where.rank} of ${where.size}: ${what}`, remedy, options);
    this.rank = where.rank;
    this.operation = where.operation;
    this.timeoutMs = where.timeoutMs;
  }
}

/** Why something failed, as one line: JSON.parse quotes the text it read, with its line ends and control characters. */
export function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/[\s\p{Cc}]+/gu, ' ');
}

/** The error with exit status 2: what it tells of is an input that the user named. */
export function asUsageError(error: UserError): UsageError {
  const [what = '', ...remedies] = error.message.split('\n  ');
  return new UsageError(what, remedies.join('\n  '), { cause: error });
}

/**
 * An error of the operating system with the file that it is about: one that comes while a file is written names none.
 * Other errors stay as they are.
 * @param temporary - stands for the file while it is written: an error that names it is about the file too
 */
export function atPath(error: unknown, path: string, temporary?: string): unknown {
  if (!(error instanceof Error)) return error;
  const { syscall, path: named } = error as NodeJS.ErrnoException;
  const isAbout = syscall !== undefined && (named === undefined || named === temporary);
  return isAbout ? Object.assign(error, { path }) : error;
}
