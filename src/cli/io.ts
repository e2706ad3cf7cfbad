/** @file Where a command writes, so that a test can read it. */
import type { Output } from '../run/terminal.ts';

/** The two streams of a command. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
}
