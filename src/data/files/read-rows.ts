/**
 * @file Rows of a data file, whatever its format: JSONL (also named .json), CSV with a header, Parquet; the first two also gzipped.
 *
 * The ending of the name decides. A row is named fields with JSON values and its place for messages: `file:line` of the
 * text formats, `file, row n` of Parquet. Rows are read as they are asked for: of a file of any length, a chunk of text
 * or a row group of Parquet is in memory at a time.
 */
import { UserError } from '../../errors.ts';
import { type Line, objectsOf } from '../json-lines.ts';
import { bytesOf, isZipped } from './bytes.ts';
import { recordsOf } from './csv.ts';
import { parquetRows } from './parquet.ts';

/** Named fields of one row and where it stands. */
export type Row = Line;

const FORMATS = {
  '.jsonl': objectsOf,
  '.ndjson': objectsOf,
  '.json': objectsOf,
  '.csv': recordsOf,
} as const;

/** Endings of the files `streamRows` reads. */
export const ROW_FILES = ['.jsonl', '.ndjson', '.csv', '.parquet', '.json'] as const;

/**
 * The rows of a file in order, one at a time.
 * @throws UserError naming file and place for whatever cannot be read, and for a name whose ending says no known format
 */
export async function* streamRows(path: string): AsyncGenerator<Row> {
  const zipped = isZipped(path);
  const ending = endingOf(path);
  if (ending === '.parquet' && !zipped) {
    yield* parquetRows(path);
    return;
  }
  const parse = Object.hasOwn(FORMATS, ending) ? FORMATS[ending as keyof typeof FORMATS] : undefined;
  if (parse === undefined) {
    throw new UserError(
      `${path}: the ending ${JSON.stringify(zipped ? `${ending}.gz` : ending)} names no format that is read`,
      `Give the file the ending of what it holds: ${ROW_FILES.join(', ')}; .jsonl and .csv may be gzipped (.jsonl.gz).`,
    );
  }
  yield* parse(bytesOf(path), path);
}

/** The ending of a file's name in lower case, without `.gz`. */
function endingOf(path: string): string {
  const name = isZipped(path) ? path.slice(0, -'.gz'.length) : path;
  return /\.[^./\\]*$/u.exec(name)?.[0].toLowerCase() ?? '';
}

/** Whether a file's name says that it holds rows. */
export function isRowFile(path: string): boolean {
  return (ROW_FILES as readonly string[]).includes(endingOf(path));
}

/** All rows of a file, in memory. Throws as `streamRows` does. */
export async function readRows(path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamRows(path)) rows.push(row);
  return rows;
}
