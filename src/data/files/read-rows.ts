/**
 * @file Rows of a data file, whatever its format: JSONL, CSV with a header, Parquet; the first two also gzipped.
 *
 * The ending of the name decides. A row is named fields with JSON values and its place for messages: `file:line` of the
 * text formats, `file, row n` of Parquet. Files are read whole.
 */
import { gunzipSync } from 'node:zlib';
import { UserError } from '../../errors.ts';
import { type Line, parseObjects, readBytes } from '../json-lines.ts';
import { parseCsv } from './csv.ts';
import { readParquet } from './parquet.ts';

/** Named fields of one row and where it stands. */
export type Row = Line;

/** Most bytes a gzipped file may unpack to. */
const MAX_UNPACKED = 2 ** 31;

const FORMATS = {
  '.jsonl': parseObjects,
  '.ndjson': parseObjects,
  '.csv': parseCsv,
} as const;

/** Endings of the files `readRows` reads. */
export const ROW_FILES = [...Object.keys(FORMATS), '.parquet'] as const;

/**
 * The rows of a file in order. Throws UserError naming file and place for whatever cannot be read, and for a name whose
 * ending says no known format.
 */
export async function readRows(path: string): Promise<Row[]> {
  const zipped = path.toLowerCase().endsWith('.gz');
  const name = zipped ? path.slice(0, -'.gz'.length) : path;
  const ending = /\.[^./\\]*$/u.exec(name)?.[0].toLowerCase() ?? '';
  if (ending === '.parquet' && !zipped) return readParquet(path);
  const parse = Object.hasOwn(FORMATS, ending) ? FORMATS[ending as keyof typeof FORMATS] : undefined;
  if (parse === undefined) {
    throw new UserError(
      `${path}: the ending ${JSON.stringify(zipped ? `${ending}.gz` : ending)} names no format that is read`,
      `Give the file the ending of what it holds: ${ROW_FILES.join(', ')}; .jsonl and .csv may be gzipped (.jsonl.gz).`,
    );
  }
  const bytes = readBytes(path);
  return parse(zipped ? unzip(bytes, path) : bytes, path);
}

function unzip(bytes: Buffer, path: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (cause) {
    throw new UserError(
      `${path}: cannot be unpacked (${(cause as Error).message})`,
      `Unpack it with gunzip and give the plain file (at most ${MAX_UNPACKED / 2 ** 20} MiB are unpacked here).`,
      { cause },
    );
  }
}
