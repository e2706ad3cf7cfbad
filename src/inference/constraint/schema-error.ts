/** @file Errors about a JSON Schema, and checked reading of its keywords. */
import { UserError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';

/** A step into a schema, as one would write it in code. */
export const inside = (path: string, key: string | number): string =>
  typeof key === 'number' || !/^[A-Za-z_$][\w$]*$/.test(key)
    ? `${path}[${JSON.stringify(key)}]`
    : `${path}.${key}`;

export const schemaError = (path: string, what: string, remedy: string): UserError =>
  new UserError(`${path}: ${what}`, remedy);

/** A keyword that must be a list. */
export function listAt(schema: JsonObject, key: string, path: string): readonly Json[] {
  const list = schema[key];
  if (!Array.isArray(list)) {
    throw schemaError(inside(path, key), 'is not a list.', 'Write a list, as JSON Schema wants it.');
  }
  return list as readonly Json[];
}

/** A keyword that must be an object of schemas. */
export function objectAt(schema: JsonObject, key: string, path: string): JsonObject {
  const value = schema[key] ?? {};
  if (isJsonObject(value)) return value;
  throw schemaError(inside(path, key), 'is not an object.', 'Write an object from names to schemas.');
}

/** A keyword that must be a number of things. */
export function countAt(schema: JsonObject, key: string, path: string, fallback: number): number {
  const count = schema[key];
  if (count === undefined) return fallback;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw schemaError(
    inside(path, key),
    `${JSON.stringify(count)} is not a whole number from 0 on.`,
    'Write such a number, or leave the keyword out.',
  );
}
