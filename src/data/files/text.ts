/**
 * @file Documents of text files: the rows of a table, each with its text in a column, or plain text.
 *
 * Plain text is whatever has no ending of a table (`.txt`, `.md`, also gzipped). A file is one document, or several with
 * a separator between them. Long documents of plain text come in parts, so that no text is as long as the file; a part
 * ends after a line end before something that is no white space, where pre-tokenisers split anyway.
 */
import { isUtf8 } from 'node:buffer';
import { UserError } from '../../errors.ts';
import { columnOf } from '../../records.ts';
import { bytesOf } from './file-bytes.ts';
import { holdsRows, streamRows } from './read-rows.ts';
import { missingField, notUtf8, type Row } from './row.ts';

/** How documents are found in a file. */
export interface TextOptions {
  /** Column of a table that holds the text. */
  readonly column: string;
  /** Text between the documents of a plain text file; without it the file is one document. */
  readonly separator?: string | undefined;
  /** What happens to rows whose text is null or white space. Unless given, null is refused and white space left out. */
  readonly emptyRows?: 'skip' | 'refuse';
  /** The setting that names the column, for messages; `column` unless given. */
  readonly setting?: string;
}

/** A document, or a part of one. */
export interface TextPart {
  readonly text: string;
  /** Whether the document ends with it. */
  readonly ends: boolean;
}

const NEWLINE = 0x0a;
/** Characters of a part, roughly. */
const PART = 2 ** 20;
/** Longest line, in characters or bytes; a longer one is cut inside. */
const LONGEST_LINE = 2 ** 22;

/**
 * The documents of a file in order; those of white space alone are left out, or refused in a table.
 * @throws UserError naming file and row or line for whatever cannot be read, is no text, or lacks the column
 */
export async function* streamTexts(path: string, options: TextOptions): AsyncGenerator<TextPart> {
  if (!holdsRows(path)) {
    yield* plainDocuments(path, options.separator);
    return;
  }
  for await (const row of streamRows(path)) {
    const text = columnText(row, options);
    if (text !== null) yield { text, ends: true };
  }
}

/** The text of a row; null where it is empty and left out. */
function columnText({ fields, place }: Row, options: TextOptions): string | null {
  const { column, emptyRows, setting = 'column' } = options;
  const text = columnOf(fields, column);
  if (text === undefined) throw missingField(fields, column, place, setting);
  const isText = typeof text === 'string';
  if (isText && text.trim() !== '') return text;
  if (emptyRows === 'skip' ? isText || text === null : isText && emptyRows === undefined) return null;
  const otherwise = emptyRows === 'refuse' ? ', or set emptyRows to "skip"' : '';
  throw new UserError(
    `${place}: column "${column}" is not a text with something in it`,
    `Write the text of a document in each row${otherwise}.`,
  );
}

async function* plainDocuments(path: string, separator: string | undefined): AsyncGenerator<TextPart> {
  let held = '';
  // A line end of the separator is also one of Windows.
  const ends = separator === undefined ? '' : new RegExp(escaped(separator).replaceAll('\n', '\\r?\\n'), 'u');
  /** Whether a part of the document in `held` was handed on already. */
  let begun = false;
  /** Up to here `held` has no place for a cut. */
  let looked = 0;
  for await (const piece of decoded(path)) {
    held += piece;
    if (separator !== undefined) {
      const documents = held.split(ends);
      held = documents.pop()!;
      if (documents.length > 0) looked = 0;
      for (const text of documents) {
        if (begun || text.trim() !== '') yield { text, ends: true };
        begun = false;
      }
    }
    for (let cut = cutOf(held, separator, looked); cut > 0; cut = cutOf(held, separator, 0)) {
      yield { text: held.slice(0, cut), ends: false };
      held = held.slice(cut);
      begun = true;
      looked = 0;
    }
    looked = Math.max(looked, limitOf(held, separator));
  }
  if (begun || held.trim() !== '') yield { text: held, ends: true };
}

/** A text as a pattern that matches it. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

/** Where the last part that is known may end: what could be the beginning of a separator stays together. */
function limitOf(text: string, separator: string | undefined): number {
  return text.length - 2 * (separator?.length ?? 1);
}

/** The last character of a part. */
const PART_END = /\n(?=\P{White_Space})/gu;

/**
 * Where the first part of a long text ends; 0 where it is short enough, or its end is not known yet.
 * @param looked - no part ends before here
 */
function cutOf(text: string, separator: string | undefined, looked: number): number {
  const limit = limitOf(text, separator);
  if (limit < PART) return 0;
  PART_END.lastIndex = Math.max(PART, looked);
  const at = PART_END.exec(text)?.index ?? limit;
  if (at < limit) return at + 1;
  if (limit < LONGEST_LINE) return 0;
  // Not between the halves of a surrogate pair.
  return /[\ud800-\udbff]/.test(text.charAt(LONGEST_LINE - 1)) ? LONGEST_LINE + 1 : LONGEST_LINE;
}

/** A file's UTF-8 text without its byte-order mark, in pieces of whole lines. */
async function* decoded(path: string): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let length = 0;
  let line = 1;
  for await (const chunk of bytesOf(path)) {
    held.push(chunk);
    length += chunk.length;
    if (!chunk.includes(NEWLINE) && length < LONGEST_LINE) continue;
    const bytes = Buffer.concat(held);
    const end = pieceEnd(bytes);
    yield decode(bytes.subarray(0, end), path, line);
    line += countLines(bytes.subarray(0, end));
    [held, length] = [[bytes.subarray(end)], bytes.length - end];
  }
  yield decode(Buffer.concat(held), path, line);
}

/** After the last line end; in a line that is too long, before a character that may be cut off. */
function pieceEnd(bytes: Uint8Array): number {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (end > 0) return end;
  let at = bytes.length - 1;
  // A continuation byte: 10xxxxxx.
  while (at > 0 && bytes.length - at < 4 && bytes[at]! >> 6 === 0b10) at--;
  return at;
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === NEWLINE) lines += 1;
  return lines;
}

/** @param first - number of the line that `bytes` begin in */
function decode(bytes: Uint8Array, path: string, first: number): string {
  try {
    // The decoder takes a byte-order mark off every piece; only the file's own is none of its text.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: first > 1 }).decode(bytes);
  } catch (cause) {
    throw notUtf8(`${path}:${first + linesBeforeFault(bytes)}`, cause);
  }
}

/** Row ends before the first line that is no UTF-8. */
function linesBeforeFault(bytes: Uint8Array): number {
  let [start, lines] = [0, 0];
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    if (!isUtf8(bytes.subarray(start, end))) break;
    [start, lines] = [end + 1, lines + 1];
  }
  return lines;
}
