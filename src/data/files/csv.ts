/**
 * @file Rows of a CSV file with a header (RFC 4180): quoted fields, quotes doubled, line breaks inside quotes.
 *
 * All values are texts, as a CSV file names no types. The place of a row is the line it begins on.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { UserError } from '../../errors.ts';
import { decodeText, type Line } from '../json-lines.ts';

interface Parsed {
  readonly record: { readonly [column: string]: string };
  readonly info: { readonly lines: number };
}

/** The rows of a CSV file's bytes; `path` is for messages. Throws UserError naming the line of what is malformed. */
export function parseCsv(bytes: Uint8Array, path: string): Line[] {
  return records(decodeText(bytes, path), path).map(({ record, info }) => {
    // The parser counts to a row's last line; line breaks inside its fields lead back to the first.
    const number = info.lines - Object.values(record).join('').split('\n').length + 1;
    return { fields: record, number, place: `${path}:${number}` };
  });
}

function records(contents: string, path: string): Parsed[] {
  try {
    return parse(contents, {
      columns: (header: string[]) => checked(header, path),
      info: true,
      skip_empty_lines: true,
    }) as unknown as Parsed[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = (cause as { lines?: number }).lines;
    throw new UserError(
      `${path}${line === undefined ? '' : `:${line}`}: not CSV (${cause.message})`,
      'Write one header line, commas between fields, and quotes around fields that hold commas, quotes or line breaks.',
      { cause },
    );
  }
}

function checked(header: readonly string[], path: string): string[] {
  const names = header.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UserError(`${path}:1: column ${JSON.stringify(twice)} twice`, 'Give each column its own name.');
  }
  return names;
}
