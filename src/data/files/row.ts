/** @file A row of a data file, the prompt made of it, and the errors about a row or its file. */
import { UserError } from '../../errors.ts';
import { columnOf, type JsonObject, type Prompt } from '../../records.ts';

/** Named fields of one row and where it stands. */
export interface Row {
  readonly fields: JsonObject;
  /** From 1. */
  readonly number: number;
  /** `path:line`, for messages. */
  readonly place: string;
}

/** A prompt, the question in it without any wording around, and the row it came from. */
export interface Item {
  readonly prompt: Prompt;
  readonly question: string;
  readonly row: Row;
}

/**
 * The text in a field, which must have something in it.
 * @param setting - the setting that names the field, for messages
 */
export function textIn({ fields, place }: Row, field: string, setting: string): string {
  const text = columnOf(fields, field);
  if (text === undefined) throw missingField(fields, field, place, setting);
  if (typeof text !== 'string' || text.trim() === '') {
    throw new UserError(`${place}: field "${field}" is not a text with something in it`, 'Write the text.');
  }
  return text;
}

/** A row lacks a field. */
export class MissingField extends UserError {
  /** What is wrong, without the remedy. */
  readonly what: string;

  /** @param remedy - such as the setting that names another field */
  constructor(what: string, remedy: string) {
    super(what, remedy);
    this.what = what;
  }
}

/** @param setting - of a recipe, that names another field */
export function missingField(
  fields: JsonObject,
  field: string,
  place: string,
  setting: string,
): MissingField {
  const present = Object.keys(fields).join(', ') || 'none';
  return new MissingField(
    `${place}: field "${field}" is missing (fields present: ${present})`,
    `Add the field, or set ${setting} to the field that holds it.`,
  );
}

/** The error for bytes that are no text. */
export function notUtf8(place: string, cause: unknown): UserError {
  return new UserError(`${place}: not UTF-8 text`, 'Save the file as UTF-8.', { cause });
}

/** The error for a file that cannot be opened or read. */
export function unreadable(path: string, cause: unknown): UserError {
  const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause);
  return new UserError(`${path}: ${reason}`, 'Give the path of a readable file.', { cause });
}
