/**
 * @file Rows of a CSV file with a header (RFC 4180), one at a time: quoted fields, quotes doubled, line breaks inside quotes.
 *
 * All values are texts, as a CSV file names no types. The place of a row is the line it begins on.
 */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { UserError } from '../../errors.ts';
import { notUtf8, type Row } from './row.ts';

interface Parsed {
  readonly record: { readonly [column: string]: string };
  readonly info: { readonly lines: number };
}

/** Of a first line that is no header: the names of its columns; null for a header. */
export type Headerless = (line: readonly string[]) => readonly string[] | null;

/** Longest row in characters: a quote that is never closed makes one row of the rest of the file. */
const LONGEST = 2 ** 28;

/**
 * The rows of a CSV file in order.
 * @param chunks - bytes of the file
 * @param path - for messages
 * @param headerless - names of the columns where the first line is a row already, else null
 * @throws UserError naming the line of what is malformed
 */
export async function* recordsOf(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  headerless: Headerless = () => null,
): AsyncGenerator<Row> {
  let first: Row | null = null;
  const parser = parse({
    columns: (line: string[]) => {
      const names = headerless(line);
      if (names === null) return checked(line, path);
      const fields = Object.fromEntries(names.map((name, i) => [name, line[i] ?? '']));
      first = { fields, number: 1, place: `${path}:1` };
      return [...names];
    },
    info: true,
    skip_empty_lines: true,
    max_record_size: LONGEST,
  });
  // The pipeline hands an error of the bytes on to the parser, where it is told.
  pipeline(Readable.from(textOf(chunks, path)), parser, () => undefined);
  try {
    for await (const parsed of parser) {
      if (first !== null) yield first;
      first = null;
      const { record, info } = parsed as Parsed;
      // The parser counts to a row's last line; line breaks inside its fields lead back to the first.
      const number = info.lines - Object.values(record).join('').split('\n').length + 1;
      yield { fields: record, number, place: `${path}:${number}` };
    }
    if (first !== null) yield first;
  } catch (cause) {
    throw cause instanceof CsvError ? malformed(cause, path) : cause;
  }
}

/** UTF-8 text without its byte-order mark, piece by piece. */
async function* textOf(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw notUtf8(path, cause);
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}

function malformed(cause: CsvError, path: string): UserError {
  const line = (cause as { lines?: number }).lines;
  return new UserError(
    `${path}${line === undefined ? '' : `:${line}`}: not CSV (${cause.message})`,
    'Write one header line, commas between fields, and quotes around fields that hold commas, quotes or line breaks.',
    { cause },
  );
}

function checked(header: readonly string[], path: string): string[] {
  const names = header.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UserError(`${path}:1: column ${JSON.stringify(twice)} twice`, 'Give each column its own name.');
  }
  return names;
}
