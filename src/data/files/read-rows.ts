/**
 * @file Rows of a data file: JSONL (also named .json), CSV with a header, Parquet; the first two also gzipped.
 *
 * The ending of the name decides. A row is named fields with JSON values and its place for messages: `file:line` of the
 * text formats, `file, row n` of Parquet. JSONL has one object a line; blank lines and a byte-order mark are skipped.
 * A folder is all the files of rows in it, in the order of their names, and its rows are numbered through.
 * Rows are read as they are asked for: of a file of any length, a chunk of text or a row group of Parquet is in memory at
 * a time.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import type { JsonObject } from '../../records.ts';
import { type Headerless, recordsOf } from './csv.ts';
import { bytesOf, isZipped } from './file-bytes.ts';
import { parquetRows } from './parquet.ts';
import { notUtf8, type Row } from './row.ts';

type Parse = (
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  headerless?: Headerless,
) => AsyncGenerator<Row>;

const FORMATS: { readonly [ending: string]: Parse } = {
  '.jsonl': objectsOf,
  '.ndjson': objectsOf,
  '.json': objectsOf,
  '.csv': recordsOf,
};

/** Endings of the files `streamRows` reads. */
export const ROW_FILES = ['.jsonl', '.ndjson', '.csv', '.parquet', '.json'] as const;

/**
 * The rows of a file in order, one at a time.
 * @param headerless - of CSV: names the columns where the first line is a row already
 * @throws UserError naming file and place for whatever cannot be read, and for a name whose ending says no known format
 */
export async function* streamRows(path: string, headerless?: Headerless): AsyncGenerator<Row> {
  if (isFolder(path)) {
    yield* folderRows(path, headerless);
    return;
  }
  const zipped = isZipped(path);
  const ending = endingOf(path);
  if (ending === '.parquet' && !zipped) {
    yield* parquetRows(path);
    return;
  }
  const parse = Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined;
  if (parse === undefined) {
    throw new UserError(
      `${path}: the ending ${JSON.stringify(zipped ? `${ending}.gz` : ending)} names no format that is read`,
      `Give the file the ending of what it holds: ${ROW_FILES.join(', ')}; .jsonl and .csv may be gzipped (.jsonl.gz).`,
    );
  }
  yield* parse(bytesOf(path), path, headerless);
}

/** The ending of a file's name in lower case, without `.gz`. */
function endingOf(path: string): string {
  const name = isZipped(path) ? path.slice(0, -'.gz'.length) : path;
  return /\.[^./\\]*$/u.exec(name)?.[0].toLowerCase() ?? '';
}

/** The rows of a folder's files, one file after the other. */
async function* folderRows(path: string, headerless?: Headerless): AsyncGenerator<Row> {
  const names = readdirSync(path).filter((name) => isRowFile(name));
  if (names.length === 0) {
    throw new UserError(
      `${path}: no files of rows in this folder`,
      `It may hold ${ROW_FILES.join(', ')} files.`,
    );
  }
  let number = 0;
  for (const name of names.sort()) {
    for await (const row of streamRows(join(path, name), headerless)) yield { ...row, number: ++number };
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whether rows are read from a path: from a file by its name, or from a folder. */
export function holdsRows(path: string): boolean {
  return isRowFile(path) || isFolder(path);
}

function isRowFile(path: string): boolean {
  return (ROW_FILES as readonly string[]).includes(endingOf(path));
}

/** All rows of a file, in memory. Throws as `streamRows` does. */
export async function readRows(path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamRows(path)) rows.push(row);
  return rows;
}

/** Deepest nesting of a line: what walks through values calls itself for each level. */
const DEEPEST = 500;
const NEWLINE = 0x0a;
/** Longest line in bytes: a text of twice that is more than JavaScript can hold. */
const LONGEST = 2 ** 28;

/**
 * The objects of a JSONL file in order.
 * @param chunks - bytes of the file
 * @param path - for messages
 * @throws UserError naming file and line for whatever cannot be read
 */
export async function* objectsOf(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Row> {
  for await (const { bytes, number } of linesOf(chunks, path)) {
    const place = `${path}:${number}`;
    const text = decodeText(bytes, place);
    if (text.trim() !== '') yield { fields: parseObject(text, place), number, place };
  }
}

interface Line {
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
}

/** The lines of a file that hold something, their line breaks left out. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      if (length + rest.length > 0)
        yield { bytes: pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]), number };
      [pieces, length, start] = [[], 0, end + 1];
      number += 1;
      // A file may hold millions of empty lines.
      for (; chunk[start] === NEWLINE; start++) number += 1;
    }
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > LONGEST) throw endless(`${path}:${number}`);
  }
  if (length > 0) yield { bytes: Buffer.concat(pieces), number };
}

function endless(place: string): UserError {
  return new UserError(
    `${place}: a line of more than ${LONGEST / 2 ** 20} MiB`,
    'Write one JSON object on each line.',
  );
}

/** UTF-8 text without its byte-order mark. Throws UserError naming `place` for what is none. */
function decodeText(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8(place, cause);
  }
}

function parseObject(line: string, place: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new UserError(`${place}: not JSON (${reason})`, 'Write one JSON object on each line.', { cause });
  }
  // Each level takes two characters: most lines are too short to be looked through.
  if (line.length > 2 * DEEPEST && depthOf(line) > DEEPEST) {
    throw new UserError(`${place}: nested more than ${DEEPEST} levels deep`, 'Write flatter JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${place}: not a JSON object`, 'Write one JSON object on each line.');
  }
  return value as JsonObject;
}

/** How deep arrays and objects nest in a text that is JSON. */
function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 0x22: // A string: its brackets do not count.
        for (at++; json.charCodeAt(at) !== 0x22; at++) if (json.charCodeAt(at) === 0x5c) at++;
        break;
      case 0x5b:
      case 0x7b:
        deepest = Math.max(deepest, ++depth);
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
    }
  }
  return deepest;
}
