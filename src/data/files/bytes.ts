/** @file Bytes of a file, chunk by chunk, unpacked where the name ends in `.gz`: never more in memory than a chunk. */
import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../../errors.ts';

/**
 * The bytes of a file in order.
 * @throws UserError for a file that cannot be read, or not be unpacked
 */
export async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path);
  if (!isZipped(path)) {
    yield* explained(file, (cause) => unreadable(path, cause));
    return;
  }
  const gunzip = createGunzip();
  // The pipeline hands an error of the file on to the unpacking end, where it is told.
  pipeline(file, gunzip, () => undefined);
  yield* explained(gunzip, (cause) =>
    (cause as NodeJS.ErrnoException).syscall === undefined
      ? unpackable(path, cause)
      : unreadable(path, cause),
  );
}

/** Whether a file is gzipped, by its name. */
export function isZipped(path: string): boolean {
  return path.toLowerCase().endsWith('.gz');
}

/** The error for a file that cannot be opened or read. */
export function unreadable(path: string, cause: unknown): UserError {
  const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause);
  return new UserError(`${path}: ${reason}`, 'Give the path of a readable file.', { cause });
}

function unpackable(path: string, cause: unknown): UserError {
  return new UserError(
    `${path}: cannot be unpacked (${(cause as Error).message})`,
    'Copy the file again, or unpack it with gunzip and give the plain file.',
    { cause },
  );
}

async function* explained(
  stream: Readable,
  explain: (cause: unknown) => UserError,
): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const chunk = await chunks.next().catch((cause: unknown) => {
        throw explain(cause);
      });
      if (chunk.done === true) return;
      yield chunk.value;
    }
  } finally {
    stream.destroy();
  }
}
