/**
 * @file Reading JSONL: one JSON object a line, one line at a time. Blank lines and a byte-order mark are skipped.
 */
import { UserError } from '../errors.ts';
import { columnOf, type JsonObject } from '../records.ts';

/** An object of a file and where it stands. */
export interface Line {
  readonly fields: JsonObject;
  /** From 1. */
  readonly number: number;
  /** `path:line`, for messages. */
  readonly place: string;
}

const NEWLINE = 0x0a;
/** Longest line in bytes: a text of twice that is more than JavaScript can hold. */
const LONGEST = 2 ** 28;

/**
 * The objects of a JSONL file in order.
 * @param chunks - bytes of the file
 * @param path - for messages
 * @throws UserError naming file and line for whatever cannot be read
 */
export async function* objectsOf(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Line> {
  let number = 0;
  for await (const bytes of linesOf(chunks, path)) {
    const place = `${path}:${++number}`;
    const text = decodeText(bytes, place);
    if (text.trim() !== '') yield { fields: parseObject(text, place), number, place };
  }
}

/** The lines of a file, their line breaks left out. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      yield pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]);
      [pieces, length, start] = [[], 0, end + 1];
      number += 1;
    }
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > LONGEST) throw endless(`${path}:${number}`);
  }
  if (length > 0) yield Buffer.concat(pieces);
}

function endless(place: string): UserError {
  return new UserError(
    `${place}: a line of more than ${LONGEST / 2 ** 20} MiB`,
    'Write one JSON object on each line.',
  );
}

/**
 * The text in a field, which must have something in it.
 * @param knob - the knob that names the field, for messages
 */
export function textIn({ fields, place }: Line, field: string, knob: string): string {
  const text = columnOf(fields, field);
  if (text === undefined) throw missingField(fields, field, place, knob);
  if (typeof text !== 'string' || text.trim() === '') {
    throw new UserError(`${place}: field "${field}" is not a text with something in it`, 'Write the text.');
  }
  return text;
}

export function missingField(fields: JsonObject, field: string, place: string, knob: string): UserError {
  const present = Object.keys(fields).join(', ') || 'none';
  return new UserError(
    `${place}: field "${field}" is missing (fields present: ${present})`,
    `Add the field, or set ${knob} to the field that holds it.`,
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

/** The error for bytes that are no text. */
export function notUtf8(place: string, cause: unknown): UserError {
  return new UserError(`${place}: not UTF-8 text`, 'Save the file as UTF-8.', { cause });
}

function parseObject(line: string, place: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new UserError(`${place}: not JSON (${reason})`, 'Write one JSON object on each line.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${place}: not a JSON object`, 'Write one JSON object on each line.');
  }
  return value as JsonObject;
}
