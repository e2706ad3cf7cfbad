/** @file Streams of a command, which a test can replace; and its end when nobody reads on. */
import type { Output } from '../../output.ts';

/** The streams of a command. */
export interface Io {
  /** What is typed or piped in; left out, nothing. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Exit status of a program that wrote into a closed pipe, as shells report SIGPIPE. */
const EXIT_CLOSED_PIPE = 141;

/** Ends the process without a word when the reader of a stream has gone, as `aha … | head` does. */
export function exitWhenClosed(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT_CLOSED_PIPE);
  });
}
