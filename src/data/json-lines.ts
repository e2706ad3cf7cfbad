/**
 * @file Reading JSONL: one JSON object a line. Blank lines and a byte-order mark are skipped; the file is read whole.
 */
import { readFileSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { Json } from '../records.ts';

export type Fields = { readonly [field: string]: Json };

/** An object of a file and where it stands. */
export interface Line {
  readonly fields: Fields;
  /** From 1. */
  readonly number: number;
  /** `path:line`, for messages. */
  readonly place: string;
}

/** The objects of a JSONL file in order. Throws UserError naming file and line for whatever cannot be read. */
export function readObjects(path: string): Line[] {
  return parseObjects(readBytes(path), path);
}

const NEWLINE = 0x0a;

/** The objects of a JSONL file's bytes in order; `path` is for messages. Lines are decoded one by one: no text is as long as the file. */
export function parseObjects(bytes: Uint8Array, path: string): Line[] {
  const lines: Line[] = [];
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    const place = `${path}:${++number}`;
    const text = decodeText(bytes.subarray(start, end), place);
    if (text.trim() !== '') lines.push({ fields: parseObject(text, place), number, place });
    start = end + 1;
  }
  return lines;
}

/**
 * The text in a field, which must have something in it.
 * @param knob - the knob that names the field, for messages
 */
export function textIn({ fields, place }: Line, field: string, knob: string): string {
  if (!Object.hasOwn(fields, field)) throw missingField(fields, field, place, knob);
  const text = fields[field];
  if (typeof text !== 'string' || text.trim() === '') {
    throw new UserError(`${place}: field "${field}" is not a text with something in it`, 'Write the text.');
  }
  return text;
}

export function missingField(fields: Fields, field: string, place: string, knob: string): UserError {
  const present = Object.keys(fields).join(', ') || 'none';
  return new UserError(
    `${place}: field "${field}" is missing (fields present: ${present})`,
    `Add the field, or set ${knob} to the field that holds it.`,
  );
}

/** The bytes of a file. Throws UserError for one that cannot be read. */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause);
    throw new UserError(`${path}: ${reason}`, 'Give the path of a readable file.', { cause });
  }
}

/** UTF-8 text without its byte-order mark. Throws UserError naming `place` for what is none. */
export function decodeText(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(`${place}: not UTF-8 text`, 'Save the file as UTF-8.', { cause });
  }
}

function parseObject(line: string, place: string): Fields {
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
  return value as Fields;
}
