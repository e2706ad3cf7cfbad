/**
 * @file A stream of bytes as files of a limited size, with the sum of each: for ways that carry no large files.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { damageOf, type FileSum } from './checksum.ts';

/** One of the files. */
export interface Chunk extends FileSum {
  /** Name inside the folder. */
  readonly file: string;
}

/**
 * Writes a stream into `dir` as `name.000`, `name.001` …, each of `size` bytes but the last.
 * @param size - bytes, above 0
 */
export async function writeChunks(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  dir: string,
  name: string,
  size: number,
): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  let current: OpenChunk | null = null;
  try {
    for await (const bytes of source) {
      for (let at = 0; at < bytes.length; ) {
        current ??= await OpenChunk.create(dir, `${name}.${String(chunks.length).padStart(3, '0')}`);
        const part = bytes.subarray(at, at + size - current.bytes);
        await current.write(part);
        at += part.length;
        if (current.bytes < size) continue;
        chunks.push(await current.end());
        current = null;
      }
    }
    if (current !== null) chunks.push(await current.end());
    return chunks;
  } catch (error) {
    await current?.end();
    throw error;
  }
}

class OpenChunk {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  bytes = 0;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  static async create(dir: string, file: string): Promise<OpenChunk> {
    return new OpenChunk(file, await open(path.join(dir, file), 'w'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#handle.writeFile(bytes);
    this.#hash.update(bytes);
    this.bytes += bytes.length;
  }

  async end(): Promise<Chunk> {
    await this.#handle.close();
    return { file: this.#file, bytes: this.bytes, sha256: this.#hash.digest('hex') };
  }
}

/**
 * The bytes of all chunks in their order.
 * @param witness - the file that has the sums, for the message
 * @throws UserError naming every chunk that is missing, truncated or altered, before a byte is given
 */
export async function* readChunks(
  chunks: readonly Chunk[],
  dir: string,
  witness: string,
): AsyncGenerator<Uint8Array> {
  const damaged = chunks.flatMap((chunk) => {
    const what = damageOf(path.join(dir, chunk.file), chunk, witness);
    return what === null ? [] : [`${path.join(dir, chunk.file)} ${what}`];
  });
  if (damaged.length > 0) {
    throw new UserError(damaged.join('\n  '), 'Copy the chunks named here again.');
  }
  for (const { file } of chunks) {
    for await (const bytes of createReadStream(path.join(dir, file))) yield bytes as Uint8Array;
  }
}
