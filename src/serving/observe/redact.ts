/**
 * @file Redaction of unexpected errors in the log: their kind, message and stack, without what a client sent.
 *
 * A parser's message quotes its input, and other messages can hold a key; both are taken out. Fields that libraries
 * hang on errors (request bodies, headers) are not read at all.
 */

const LONGEST_MESSAGE = 500;
const LONGEST_STACK = 4000;
const DEEPEST_CAUSE = 3;

export interface LoggedError {
  readonly type: string;
  readonly message: string;
  /** The frames alone: the first lines of a stack repeat the message. */
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: LoggedError;
}

/** Describes whatever was thrown. */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const { code } = error as NodeJS.ErrnoException;
  const frames = error.stack?.match(/^\s+at .+$/gm)?.join('\n');
  return {
    type: error.name,
    message: redact(error instanceof SyntaxError ? withoutQuotes(error.message) : error.message),
    ...(frames === undefined ? {} : { stack: frames.slice(0, LONGEST_STACK) }),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.cause === undefined || depth >= DEEPEST_CAUSE
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** The text with keys taken out, and not endless. */
export function redact(text: string, longest = LONGEST_MESSAGE): string {
  const clean = text
    .replace(/\b(Bearer|Basic) +[^\s"',;]+/gi, '$1 [key]')
    .replace(/\bsk-[\w-]{8,}/g, '[key]');
  return clean.length <= longest ? clean : `${clean.slice(0, longest)}…`;
}

/** `Unexpected token 'h', "hello" is not valid JSON` without what was read: from the first quote to the last. */
function withoutQuotes(message: string): string {
  return message.replace(/["'`][\s\S]*["'`]/, '…');
}
