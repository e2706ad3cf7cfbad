/**
 * @file Bytes of a data file, unpacked where it is gzipped, a chunk at a time.
 *
 * A few kilobytes of gzip can unpack to terabytes. What unpacks to many times its size is refused once that is more than
 * memory holds with ease: rows are kept in memory, so that their number must be bounded by the file's.
 */
import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UsageError, UserError } from '../../errors.ts';
import { unreadable } from './row.ts';

/** Bytes of a chunk: what is made of the chunks so far is looked at once for each. */
const CHUNK = 2 ** 18;
/** Unpacked bytes that any file may have. */
const FREE = 32 * 2 ** 20;
/** Unpacked bytes for each packed one beyond that. Text has 3 to 10, very repetitive text 100; gzip can write 1,000. */
const RATIO = 200;
/** Variable that holds another ratio. */
const RATIO_NAME = 'AHA_UNPACK_RATIO';

/**
 * The bytes of a file in order.
 * @throws UserError for a file that cannot be read or unpacked, or unpacks to too much
 */
export async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const most = ratio();
  const file = createReadStream(path, { highWaterMark: CHUNK });
  if (!isZipped(path)) {
    yield* explained(file, (cause) => unreadable(path, cause));
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // The pipeline hands an error of the file on to the unpacking end, where it is told.
  pipeline(file, gunzip, () => undefined);
  let unpacked = 0;
  const chunks = explained(gunzip, (cause) =>
    (cause as NodeJS.ErrnoException).syscall === undefined
      ? unpackable(path, cause)
      : unreadable(path, cause),
  );
  for await (const chunk of chunks) {
    unpacked += chunk.length;
    if (unpacked > FREE + most * file.bytesRead) throw tooLarge(path, unpacked, file.bytesRead, most);
    yield chunk;
  }
}

/** Whether a file is gzipped, by its name. */
export function isZipped(path: string): boolean {
  return path.toLowerCase().endsWith('.gz');
}

function ratio(): number {
  const text = process.env[RATIO_NAME];
  if (text === undefined || text.trim() === '') return RATIO;
  const value = Number(text);
  if (value > 0) return value;
  throw new UsageError(`${RATIO_NAME} is ${JSON.stringify(text)}`, 'Give a number above 0, such as 200.');
}

function tooLarge(path: string, unpacked: number, packed: number, most: number): UserError {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return new UserError(
    `${path}: ${mebibytes(packed)} of it unpack to more than ${mebibytes(unpacked)}, over ${most} times as much`,
    `If that is right, unpack it with gunzip and give the plain file, or set ${RATIO_NAME} to more than ${most}.`,
  );
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
