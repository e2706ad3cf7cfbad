/**
 * @file Which keys a zod schema allows at a path: what an unknown key is compared with.
 *
 * Objects, arrays, records and unions, through the wrappers that change no key (optional, default, nullable …).
 */
import { z } from 'zod';

/** A path into a value: object keys and array indices. */
export type Path = readonly (string | number)[];

/** The keys an object at `path` may have, over all branches of unions; empty where there is no object. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  let level = unwrap(schema);
  for (const key of path) level = level.flatMap((one) => child(one, key)).flatMap(unwrap);
  return [...new Set(level.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : [])))];
}

/** The schema without wrappers; every branch of a union. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (schema instanceof z.ZodLazy) return unwrap(schema.unwrap());
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch ||
    schema instanceof z.ZodNonOptional
  ) {
    return unwrap(schema.unwrap());
  }
  return [schema];
}

function child(schema: z.core.$ZodType, key: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const found = (schema.shape as Record<string, z.core.$ZodType | undefined>)[key];
    return found === undefined ? [] : [found];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodTuple) return schema.def.items.slice(Number(key), Number(key) + 1);
  return [];
}
