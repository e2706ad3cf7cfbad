/**
 * @file Keys that a zod schema allows at a path; an unknown key is compared with them.
 *
 * Objects, arrays, records and unions, through the wrappers that change no key (optional, default, nullable …).
 */
import { z } from 'zod';

/** A path into a value: object keys and array indices. */
export type Path = readonly (string | number)[];

/**
 * The keys an object at `path` may have, over all branches of unions; empty where there is no object.
 *
 * @param value - what was written: branches whose literals (`kind: 'cispo'`) it contradicts are left out
 */
export function keysAt(schema: z.ZodType, path: Path, value?: unknown): string[] {
  let level = unwrap(schema);
  let at = value;
  for (const key of path) {
    level = fitting(level, at)
      .flatMap((one) => child(one, key))
      .flatMap(unwrap);
    at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined;
  }
  const objects = fitting(level, at).filter((one) => one instanceof z.ZodObject);
  return [...new Set(objects.flatMap((one) => Object.keys(one.shape)))];
}

/** The branches whose literals are those of `value`; all where that leaves none. */
function fitting(branches: readonly z.core.$ZodType[], value: unknown): readonly z.core.$ZodType[] {
  if (typeof value !== 'object' || value === null) return branches;
  const written = value as Record<string, z.core.util.Literal>;
  const fits = branches.filter((branch) => {
    if (!(branch instanceof z.ZodObject)) return true;
    const literals = Object.entries(branch.shape).filter(([, type]) => type instanceof z.ZodLiteral);
    return literals.every(([key, type]) => !(key in written) || type.values.has(written[key]!));
  });
  return fits.length > 0 ? fits : branches;
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
