/** @file Input and output streams of a conversation. */
import type { Output } from '../../output.ts';

/** What is typed or piped in. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** The streams of a conversation. */
export interface ChatStreams {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
}
