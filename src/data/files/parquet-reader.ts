/**
 * @file Process that reads a Parquet file: one row group for each message, as JSON values.
 *
 * The library trusts the file, so that a damaged one can keep it in a loop or fill the memory. Here that stops nobody else,
 * and the process can be ended.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Json, JsonObject } from '../../records.ts';

/** A row group, the end of the file, or why it cannot be read. */
export type ParquetReply =
  | { readonly rows: readonly JsonObject[] }
  | { readonly end: true }
  | { readonly error: string };

/** The rows of each row group in order. */
async function* rowGroups(path: string): AsyncGenerator<readonly JsonObject[]> {
  await using handle = await open(path);
  const file = await readable(handle);
  const metadata = await parquetMetadataAsync(file);
  let rowEnd = 0;
  for (const { num_rows: size } of metadata.row_groups) {
    const rowStart = rowEnd;
    rowEnd += Number(size);
    const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
    yield rows.map((row) => jsonOf(row) as JsonObject);
  }
}

/** The parts of a file that hyparquet asks for. */
async function readable(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      // A damaged file says that a part begins or ends anywhere.
      if (start < 0 || end < start || end > size) throw new Error(`bytes ${start} to ${end} of ${size}`);
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer.slice(0, bytesRead);
    },
  };
}

function jsonOf(value: unknown): Json {
  if (value === undefined || value === null || value instanceof Uint8Array) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([key, inner]) => [key, jsonOf(inner)] as const);
    return Object.fromEntries(entries);
  }
  return value as boolean | string;
}

const groups = rowGroups(process.argv[2]!);

async function reply(): Promise<ParquetReply> {
  try {
    const next = await groups.next();
    return next.done === true ? { end: true } : { rows: next.value };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', () => {
  void reply().then((answer) => process.send!(answer));
});
