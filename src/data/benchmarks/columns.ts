/** @file Reading the columns of a published row, each under any of its spellings, with errors that name the place. */
import { reasonOf, UserError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import type { Row } from '../files/row.ts';

/** The value of the first of `spellings` the row has with something in it; undefined where it has none. */
export function optional({ fields }: Row, spellings: readonly string[]): Json | undefined {
  const present = spellings.find((name) => Object.hasOwn(fields, name) && fields[name] !== null);
  return present === undefined ? undefined : fields[present];
}

/** The value under any of `spellings`. Throws UserError where the row has none. */
export function required(row: Row, spellings: readonly string[]): Json {
  const value = optional(row, spellings);
  if (value !== undefined) return value;
  const present = Object.keys(row.fields).join(', ') || 'none';
  throw new UserError(
    `${row.place}: column ${spellings.map((name) => `"${name}"`).join(' or ')} is missing or empty (columns present: ${present})`,
    'Give the file as it is published, or rename its columns.',
  );
}

/** The text under any of `spellings`, which must have something in it. */
export function text(row: Row, spellings: readonly string[]): string {
  const value = required(row, spellings);
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw wrong(row, spellings, 'a text with something in it');
}

/** The short text or number under any of `spellings`, as text; undefined where the row has none. */
export function label(row: Row, spellings: readonly string[]): string | undefined {
  const value = optional(row, spellings);
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'number' || typeof value === 'string') return String(value).trim();
  throw wrong(row, spellings, 'a text or a number');
}

/** A text or a number as it would be written: 27.0 of a column of floats is 27. */
export function answerText(row: Row, spellings: readonly string[]): string {
  const value = label(row, spellings);
  if (value === undefined) {
    required(row, spellings);
    throw wrong(row, spellings, 'an answer');
  }
  return /^[+-]?\d+\.0+$/u.test(value) ? value.slice(0, value.indexOf('.')) : value;
}

/** The list of texts under any of `spellings`. A list written as JSON (in a CSV file) is read too. */
export function texts(row: Row, spellings: readonly string[]): string[] {
  const value = json(row, spellings);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [...value];
  throw wrong(row, spellings, 'a list of texts');
}

/** The value under any of `spellings`; a text is read as the JSON it holds. */
export function json(row: Row, spellings: readonly string[]): Json {
  const value = required(row, spellings);
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch (cause) {
    throw new UserError(
      `${row.place}: column "${spellings[0]}" is not JSON (${reasonOf(cause)})`,
      'Give the file as it is published.',
      { cause },
    );
  }
}

/** The error for a column that holds something else than `expected`. */
export function wrong(row: Row, spellings: readonly string[], expected: string): UserError {
  const value = JSON.stringify(optional(row, spellings)) ?? 'nothing';
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return new UserError(
    `${row.place}: column "${spellings.join('" or "')}" is not ${expected}: ${shown}`,
    'Give the file as it is published.',
  );
}
