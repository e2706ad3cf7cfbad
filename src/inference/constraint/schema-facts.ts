/**
 * @file Facts of a schema without references and alternatives, and the facts of two schemas as one.
 *
 * Parts that are schemas themselves stay as they are: each part is a list of schemas that it must fit all together.
 */
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import { countAt, inside, listAt, objectAt, schemaError } from './schema-error.ts';
import { keywordsOf, type TypeName, typesAt } from './schema-keywords.ts';

/** A schema and what errors call it. */
export type Located = readonly [schema: Json, path: string];
/** Schemas that a value must all fit; none: any value. */
export type All = readonly Located[];

export interface Facts {
  /** Keywords in use. */
  readonly keys: readonly string[];
  /** null: `type` says nothing. */
  readonly types: readonly TypeName[] | null;
  /** enum and const; null where neither stands. */
  readonly values: readonly Json[] | null;
  readonly least: number;
  readonly most: number;
  /** Bounds that are not reached. */
  readonly above: number;
  readonly below: number;
  readonly multiplesOf: readonly number[];
  readonly minLength: number;
  readonly maxLength: number;
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
  readonly properties: ReadonlyMap<string, All>;
  readonly byPattern: ReadonlyMap<string, All>;
  readonly additional: All;
  readonly names: All;
  readonly required: readonly string[];
  readonly minProperties: number;
  readonly maxProperties: number;
  readonly prefix: readonly All[];
  readonly items: All;
  readonly minItems: number;
  readonly maxItems: number;
}

/** Nothing said. */
export const NO_FACTS: Facts = {
  keys: [],
  types: null,
  values: null,
  least: Number.NEGATIVE_INFINITY,
  most: Number.POSITIVE_INFINITY,
  above: Number.NEGATIVE_INFINITY,
  below: Number.POSITIVE_INFINITY,
  multiplesOf: [],
  minLength: 0,
  maxLength: Number.POSITIVE_INFINITY,
  patterns: [],
  formats: [],
  properties: new Map(),
  byPattern: new Map(),
  additional: [],
  names: [],
  required: [],
  minProperties: 0,
  maxProperties: Number.POSITIVE_INFINITY,
  prefix: [],
  items: [],
  minItems: 0,
  maxItems: Number.POSITIVE_INFINITY,
};

/** Both lists, each schema once. */
const joined = (a: All, b: All): All => [...new Map([...a, ...b].map((one) => [one[0], one])).values()];

const isFalse = (all: All): boolean => all.some(([schema]) => schema === false);

/** The facts of one schema's own keywords. @throws UserError naming the keyword and its path */
export function factsOf(schema: JsonObject, path: string): Facts {
  const keys = keywordsOf(schema, path);
  if (keys.length === 0) return NO_FACTS;
  const count = (key: string, fallback: number): number => countAt(schema, key, path, fallback);
  return {
    keys,
    types: typesAt(schema, path),
    values: valuesAt(schema, path),
    ...boundsAt(schema, path),
    minLength: count('minLength', 0),
    maxLength: count('maxLength', Number.POSITIVE_INFINITY),
    patterns: textsAt(schema, 'pattern', path),
    formats: textsAt(schema, 'format', path),
    properties: schemasAt(schema, 'properties', path),
    byPattern: schemasAt(schema, 'patternProperties', path),
    additional: [
      ...schemaAt(schema, 'additionalProperties', path),
      ...schemaAt(schema, 'unevaluatedProperties', path),
    ],
    names: schemaAt(schema, 'propertyNames', path),
    required: requiredAt(schema, path),
    minProperties: count('minProperties', 0),
    maxProperties: count('maxProperties', Number.POSITIVE_INFINITY),
    ...itemsAt(schema, path),
    minItems: count('minItems', 0),
    maxItems: count('maxItems', Number.POSITIVE_INFINITY),
  };
}

/** enum and const: where both stand, their common values. */
function valuesAt(schema: JsonObject, path: string): readonly Json[] | null {
  if (schema.const === undefined) return schema.enum === undefined ? null : listAt(schema, 'enum', path);
  return schema.enum === undefined ? [schema.const] : common(listAt(schema, 'enum', path), [schema.const]);
}

function common(a: readonly Json[], b: readonly Json[]): readonly Json[] {
  const texts = new Set(b.map((value) => JSON.stringify(value)));
  return a.filter((value) => texts.has(JSON.stringify(value)));
}

function numberAt(schema: JsonObject, key: string, path: string, fallback: number): number {
  const value = schema[key] ?? fallback;
  if (typeof value === 'number') return value;
  throw schemaError(inside(path, key), 'is not a number.', 'Write a number, or leave the keyword out.');
}

type Bounds = Pick<Facts, 'least' | 'most' | 'above' | 'below' | 'multiplesOf'>;

/** Draft 4 writes `exclusiveMinimum: true` beside `minimum`. */
function boundsAt(schema: JsonObject, path: string): Bounds {
  const least = numberAt(schema, 'minimum', path, Number.NEGATIVE_INFINITY);
  const most = numberAt(schema, 'maximum', path, Number.POSITIVE_INFINITY);
  const { exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const step = numberAt(schema, 'multipleOf', path, 0);
  if (schema.multipleOf !== undefined && !(step > 0)) {
    throw schemaError(inside(path, 'multipleOf'), 'is not above 0.', 'Write a number above 0.');
  }
  return {
    least,
    most,
    above:
      typeof above === 'boolean'
        ? above
          ? least
          : Number.NEGATIVE_INFINITY
        : numberAt(schema, 'exclusiveMinimum', path, Number.NEGATIVE_INFINITY),
    below:
      typeof below === 'boolean'
        ? below
          ? most
          : Number.POSITIVE_INFINITY
        : numberAt(schema, 'exclusiveMaximum', path, Number.POSITIVE_INFINITY),
    multiplesOf: step > 0 ? [step] : [],
  };
}

function textsAt(schema: JsonObject, key: string, path: string): readonly string[] {
  const text = schema[key];
  if (text === undefined) return [];
  if (typeof text === 'string') return [text];
  throw schemaError(inside(path, key), 'is not a text.', 'Write a text, or leave the keyword out.');
}

function schemaAt(schema: JsonObject, key: string, path: string): All {
  const part = schema[key] ?? true;
  return part === true ? [] : [[part, inside(path, key)]];
}

function schemasAt(schema: JsonObject, key: string, path: string): ReadonlyMap<string, All> {
  const at = inside(path, key);
  return new Map(
    Object.entries(objectAt(schema, key, path)).map(([name, part]) => [name, [[part, inside(at, name)]]]),
  );
}

function requiredAt(schema: JsonObject, path: string): readonly string[] {
  const names = schema.required === undefined ? [] : listAt(schema, 'required', path);
  if (names.every((name) => typeof name === 'string')) return [...new Set(names)];
  throw schemaError(inside(path, 'required'), 'is not a list of names.', 'List names of properties.');
}

/** Draft 2020-12 writes `prefixItems` and `items`, earlier drafts `items: […]` and `additionalItems`. */
function itemsAt(schema: JsonObject, path: string): Pick<Facts, 'prefix' | 'items'> {
  const isEarlier = Array.isArray(schema.items);
  const key = isEarlier ? 'items' : 'prefixItems';
  const prefix = schema[key] === undefined ? [] : listAt(schema, key, path);
  return {
    prefix: prefix.map((part, i): All => [[part, inside(inside(path, key), i)]]),
    items: schemaAt(schema, isEarlier ? 'additionalItems' : 'items', path),
  };
}

/** What both say. `additionalProperties` of one leaves the properties that the other declares alone. */
export function bothOf(a: Facts, b: Facts): Facts {
  if (a === NO_FACTS) return b;
  if (b === NO_FACTS) return a;
  return {
    keys: [...new Set([...a.keys, ...b.keys])],
    types: commonTypes(a.types, b.types),
    values: a.values === null || b.values === null ? (a.values ?? b.values) : common(a.values, b.values),
    least: Math.max(a.least, b.least),
    most: Math.min(a.most, b.most),
    above: Math.max(a.above, b.above),
    below: Math.min(a.below, b.below),
    multiplesOf: [...new Set([...a.multiplesOf, ...b.multiplesOf])],
    minLength: Math.max(a.minLength, b.minLength),
    maxLength: Math.min(a.maxLength, b.maxLength),
    patterns: [...new Set([...a.patterns, ...b.patterns])],
    formats: [...new Set([...a.formats, ...b.formats])],
    properties: commonProperties(a, b),
    byPattern: commonParts(a.byPattern, b.byPattern),
    additional: joined(a.additional, b.additional),
    names: joined(a.names, b.names),
    required: [...new Set([...a.required, ...b.required])],
    minProperties: Math.max(a.minProperties, b.minProperties),
    maxProperties: Math.min(a.maxProperties, b.maxProperties),
    ...commonItems(a, b),
    minItems: Math.max(a.minItems, b.minItems),
    maxItems: Math.min(a.maxItems, b.maxItems),
  };
}

function commonTypes(
  a: readonly TypeName[] | null,
  b: readonly TypeName[] | null,
): readonly TypeName[] | null {
  if (a === null || b === null) return a ?? b;
  const has = (types: readonly TypeName[], type: TypeName): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  return [...new Set([...a, ...b])].filter((type) => has(a, type) && has(b, type));
}

function commonParts(a: ReadonlyMap<string, All>, b: ReadonlyMap<string, All>): ReadonlyMap<string, All> {
  const names = new Set([...a.keys(), ...b.keys()]);
  return new Map([...names].map((name) => [name, joined(a.get(name) ?? [], b.get(name) ?? [])]));
}

function commonProperties(a: Facts, b: Facts): ReadonlyMap<string, All> {
  const both = commonParts(a.properties, b.properties);
  const others = (facts: Facts, name: string): All =>
    facts.properties.has(name) || isFalse(facts.additional) ? [] : facts.additional;
  return new Map(
    [...both].map(([name, all]) => [name, joined(all, joined(others(a, name), others(b, name)))]),
  );
}

function commonItems(a: Facts, b: Facts): Pick<Facts, 'prefix' | 'items'> {
  const length = Math.max(a.prefix.length, b.prefix.length);
  const prefix = Array.from({ length }, (_, i) => joined(a.prefix[i] ?? a.items, b.prefix[i] ?? b.items));
  return { prefix, items: joined(a.items, b.items) };
}

/** Whether a schema is true or an object. @throws UserError where it is no schema */
export function isSchemaObject(schema: Json, path: string): schema is JsonObject {
  if (typeof schema === 'boolean') return false;
  if (isJsonObject(schema)) return true;
  throw schemaError(path, 'is not a schema.', 'Write an object, true or false.');
}
