/** @file Size and SHA-256 of a file: what tells an intact file from a truncated or altered one. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** What was written, or what is there. */
export interface FileSum {
  readonly bytes: number;
  readonly sha256: string;
}

/** Bytes read at a time. */
const CHUNK = 4 << 20;

/** The sum of a file as it is, or null where there is no file that can be opened. Blocks while it reads. */
export function sumFile(path: string): FileSum | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) return null;
    const { size } = found;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size)));
    for (;;) {
      const count = readSync(descriptor, buffer, 0, buffer.length, null);
      if (count === 0) break;
      hash.update(buffer.subarray(0, count));
    }
    return { bytes: size, sha256: hash.digest('hex') };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What is wrong with a file, as the words that follow its name; null where nothing is.
 *
 * @param witness - what holds the expected sum, for the message
 */
export function damageOf(path: string, expected: FileSum, witness: string): string | null {
  const found = sumFile(path);
  if (found === null) return 'is missing';
  if (found.bytes !== expected.bytes) {
    return `is ${found.bytes} bytes long, but was ${expected.bytes} when ${witness} was written`;
  }
  if (found.sha256 !== expected.sha256) return `was altered: its SHA-256 is not the one in ${witness}`;
  return null;
}
