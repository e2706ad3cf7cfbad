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
  return readLines(path).flatMap((text, i) => {
    if (text.trim() === '') return [];
    const place = `${path}:${i + 1}`;
    return [{ fields: parseObject(text, place), number: i + 1, place }];
  });
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

function readLines(path: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause);
    throw new UserError(`${path}: ${reason}`, 'Give the path of a readable JSONL file.', { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).split('\n');
  } catch (cause) {
    throw new UserError(`${path}: not UTF-8 text`, 'Save the file as UTF-8.', { cause });
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
