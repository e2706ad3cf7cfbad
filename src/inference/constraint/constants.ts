/** @file Values that are given, and choices between values, as parts of a grammar. */
import { isJsonObject, type Json } from '../../records.ts';
import { Choice, type Sequence } from './items.ts';
import { literals } from './literals.ts';
import { arrayOf, byDepth, objectOf, type Property, type Value } from './values.ts';

/** One of several values. */
export const oneOf = (values: readonly Value[]): Value =>
  byDepth((depth) => new Choice(1, () => values.map((value): Sequence => [value(depth)])));
/** No value at all. */
export const NOTHING: Value = oneOf([]);

/** The text of one value, with free whitespace where it has parts. */
export function constant(value: Json): Value {
  if (Array.isArray(value)) {
    const prefix = (value as readonly Json[]).map(constant);
    return arrayOf({ prefix, items: NOTHING, min: prefix.length, max: prefix.length });
  }
  if (!isJsonObject(value)) return scalars([value]);
  const entries = Object.entries(value);
  return objectOf(
    entries.map(([name, part]): Property => ({ name, value: constant(part), required: true })),
    null,
  );
}

/** One of some values without parts. */
export const scalars = (values: readonly Json[]): Value => {
  const item = literals(values.map((value) => JSON.stringify(value)));
  return () => item;
};
