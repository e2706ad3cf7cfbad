/** @file Opening a file to be read in ranges. */
import { openSync, statSync } from 'node:fs';

/**
 * The descriptor of a file.
 * @param refuse - makes the error for one that cannot be read
 */
export function openFile(path: string, refuse: (what: string, cause: unknown) => Error): number {
  try {
    // A pipe would be waited for, a device read without end.
    if (!statSync(path).isFile()) throw new Error('it is no file');
    return openSync(path, 'r');
  } catch (cause) {
    throw refuse(`cannot read ${path}: ${(cause as Error).message}`, cause);
  }
}
