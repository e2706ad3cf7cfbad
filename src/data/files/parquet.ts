/**
 * @file Rows of a Parquet file, nested lists and structs included; all compressions of the format.
 *
 * Values become JSON: whole numbers of 64 bits are numbers where exact and texts where not, dates are ISO texts, bytes
 * that are no text (images) are null.
 */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { UserError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import { type Line, readBytes } from '../json-lines.ts';

/** The rows of a Parquet file in order. Throws UserError for a file that is none. */
export async function readParquet(path: string): Promise<Line[]> {
  const bytes = readBytes(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  let rows: Record<string, unknown>[];
  try {
    rows = await parquetReadObjects({ file, compressors });
  } catch (cause) {
    throw new UserError(
      `${path}: cannot be read as Parquet (${(cause as Error).message})`,
      'Copy the file again, or write it anew as Parquet or JSONL.',
      { cause },
    );
  }
  return rows.map((row, i) => ({
    fields: jsonOf(row) as Line['fields'],
    number: i + 1,
    place: `${path}, row ${i + 1}`,
  }));
}

function jsonOf(value: unknown): Json {
  if (value === undefined || value === null || value instanceof Uint8Array) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([key, inner]) => [key, jsonOf(inner)] as const);
    return Object.fromEntries(entries);
  }
  return value as boolean | number | string;
}
