/**
 * @file Rows of a Parquet file, a row group at a time, nested lists and structs included; all compressions of the format.
 *
 * Values become JSON: whole numbers of 64 bits are numbers where exact and texts where not, dates are ISO texts; bytes
 * that are no text (images) and numbers that are none (NaN, infinities) are null.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { UserError } from '../../errors.ts';
import type { Json, JsonObject } from '../../records.ts';
import { type Row, unreadable } from './row.ts';

/** The rows of a Parquet file in order. Throws UserError for a file that is none. */
export async function* parquetRows(path: string): AsyncGenerator<Row> {
  const handle = await open(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    const file = await readable(handle, path);
    const metadata = await expecting(path, () => parquetMetadataAsync(file));
    let number = 0;
    for (const { num_rows: size } of metadata.row_groups) {
      const [rowStart, rowEnd] = [number, number + Number(size)];
      const rows = await expecting(path, () =>
        parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors }),
      );
      for (const row of rows) {
        number += 1;
        yield { fields: jsonOf(row) as JsonObject, number, place: `${path}, row ${number}` };
      }
    }
  } finally {
    await handle.close();
  }
}

/** The parts of a file that hyparquet asks for. */
async function readable(handle: FileHandle, path: string): Promise<AsyncBuffer> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw unreadable(path, 'not a file');
  return {
    byteLength: stat.size,
    async slice(start, end = stat.size) {
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer.slice(0, bytesRead);
    },
  };
}

async function expecting<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new UserError(
      `${path}: cannot be read as Parquet (${(cause as Error).message})`,
      'Copy the file again, or write it anew as Parquet or JSONL.',
      { cause },
    );
  }
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
