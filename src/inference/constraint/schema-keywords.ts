/** @file The keywords of JSON Schema that are obeyed, and those that say nothing of a value. */
import type { Json, JsonObject } from '../../records.ts';
import { inside, listAt, schemaError } from './schema-error.ts';

/** Says nothing of the value. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'markdownDescription',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
  'id',
  '$comment',
  '$anchor',
  '$defs',
  'definitions',
  'discriminator',
  'externalDocs',
  'xml',
  'enumNames',
  'enumDescriptions',
  'propertyOrdering',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
]);

export type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';

const NUMERIC = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
/** The keywords that bound values of a type; they leave values of other types alone. */
const OF_TYPE: Readonly<Record<TypeName, readonly string[]>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'unevaluatedProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
  ],
  array: ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: NUMERIC,
  integer: [],
  boolean: [],
  null: [],
};
export const TYPES = Object.keys(OF_TYPE) as readonly TypeName[];
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(OF_TYPE).flat(),
  'type',
  'enum',
  'const',
  'nullable',
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
]);

/** Why a keyword that generators write is not obeyed, and what to write instead. */
const REFUSED: Readonly<Record<string, string>> = {
  uniqueItems:
    'Leave it out and drop repeated items yourself; a set of few values can be an object of booleans.',
  not: 'List what is allowed instead, with "enum" or "anyOf".',
  if: 'Write the cases as "anyOf".',
  contains: 'Put the item first, with "prefixItems".',
};

/** Keywords that add nothing with these values. */
const isEmpty = (key: string, value: Json): boolean =>
  ((key === 'uniqueItems' || key === 'nullable') && value === false) || key.startsWith('x-');

/** The keywords of a schema that say something. @throws UserError for one that is not obeyed */
export function keywordsOf(schema: JsonObject, path: string): readonly string[] {
  const keys = Object.keys(schema).filter((key) => !ANNOTATIONS.has(key) && !isEmpty(key, schema[key]!));
  const unknown = keys.find((key) => !KNOWN.has(key));
  if (unknown === undefined) return keys;
  throw schemaError(
    inside(path, unknown),
    `the keyword "${unknown}" is not supported for constrained output.`,
    REFUSED[unknown] ?? 'Leave it out (and check the value yourself), or ask for json_object and free text.',
  );
}

/** The types that `type` lists, null where it is missing. */
export function typesAt(schema: JsonObject, path: string): readonly TypeName[] | null {
  const given = schema.type;
  if (given === undefined) return null;
  const list = Array.isArray(given) ? listAt(schema, 'type', path) : [given];
  const unknown = list.find((type) => !TYPES.includes(type as TypeName));
  if (unknown !== undefined || list.length === 0) {
    throw schemaError(
      inside(path, 'type'),
      unknown === undefined ? 'no type at all.' : `unknown type ${JSON.stringify(unknown)}.`,
      `Types are ${TYPES.join(', ')}.`,
    );
  }
  return schema.nullable === true ? [...(list as TypeName[]), 'null'] : (list as readonly TypeName[]);
}

/** The types that keywords speak of: what a schema without `type` is about. */
export const typesOfKeywords = (keys: readonly string[]): readonly TypeName[] =>
  TYPES.filter((type) => OF_TYPE[type].some((key) => keys.includes(key)));

/** Whether a value is of one of some types. */
export function isOfType(value: Json, types: readonly TypeName[]): boolean {
  if (value === null) return types.includes('null');
  if (Array.isArray(value)) return types.includes('array');
  if (typeof value === 'number') {
    return types.includes('number') || (types.includes('integer') && Number.isInteger(value));
  }
  return types.includes(typeof value as TypeName);
}
