/** @file The keywords of JSON Schema that are obeyed, those that say nothing of a value, and where each may stand. */
import type { Json, JsonObject } from '../../records.ts';
import { inside, listAt, schemaError } from './schema-error.ts';

/** Says nothing of the value. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
  '$comment',
  '$anchor',
  '$defs',
  'definitions',
  'discriminator',
  'externalDocs',
]);
/** Each stands for the whole schema: beside it only annotations are understood. */
const WHOLE = ['$ref', 'allOf', 'anyOf', 'oneOf'] as const;
export type Whole = (typeof WHOLE)[number];

export type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
/** The keywords that bound values of a type; they leave values of other types alone. */
const OF_TYPE: Readonly<Record<TypeName, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength'],
  number: [],
  integer: [],
  boolean: [],
  null: [],
};
const TYPES = Object.keys(OF_TYPE) as readonly TypeName[];
const BOUNDS: ReadonlySet<string> = new Set(Object.values(OF_TYPE).flat());

/** Keywords that add nothing with these values. */
const isEmpty = (key: string, value: Json): boolean =>
  (key === 'uniqueItems' && value === false) ||
  (key === 'nullable' && value === false) ||
  key.startsWith('x-');

/** The keyword that stands for the whole schema, null for none. @throws UserError for what is not supported */
export function checkKeywords(schema: JsonObject, path: string): Whole | null {
  const keys = Object.keys(schema).filter((key) => !ANNOTATIONS.has(key) && !isEmpty(key, schema[key]!));
  const whole = WHOLE.find((key) => keys.includes(key)) ?? null;
  const isFixed = keys.includes('enum') || keys.includes('const');
  for (const key of keys) {
    const isKnown = BOUNDS.has(key) || ['type', 'enum', 'const', 'nullable', ...WHOLE].includes(key);
    if (!isKnown) {
      throw schemaError(
        inside(path, key),
        `the keyword "${key}" is not supported for constrained output.`,
        'Leave it out (and check the value yourself), or ask for json_object and free text.',
      );
    }
    const stands = whole === null ? !isFixed || !BOUNDS.has(key) : key === whole || key === 'nullable';
    if (!stands) {
      const beside = whole ?? (keys.includes('enum') ? 'enum' : 'const');
      throw schemaError(
        inside(path, key),
        `the keyword "${key}" is not supported beside "${beside}".`,
        `Write it within the alternatives, or leave one of the two out.`,
      );
    }
  }
  return whole;
}

/** The types a schema allows; without `type` those its other keywords speak of, null for any. */
export function typesOf(schema: JsonObject, path: string): readonly TypeName[] | null {
  const given = schema.type;
  let types: readonly TypeName[] | null;
  if (given === undefined) {
    const spoken = TYPES.filter((type) => OF_TYPE[type].some((key) => schema[key] !== undefined));
    types = spoken.length > 0 ? spoken : null;
  } else {
    const list = Array.isArray(given) ? listAt(schema, 'type', path) : [given];
    const unknown = list.find((type) => !TYPES.includes(type as TypeName));
    if (unknown !== undefined || list.length === 0) {
      throw schemaError(
        inside(path, 'type'),
        unknown === undefined ? 'no type at all.' : `unknown type ${JSON.stringify(unknown)}.`,
        `Types are ${TYPES.join(', ')}.`,
      );
    }
    types = list as readonly TypeName[];
  }
  return types !== null && schema.nullable === true ? [...new Set<TypeName>([...types, 'null'])] : types;
}

/** Whether a value is of one of some types. */
export function isOfType(value: Json, types: readonly TypeName[]): boolean {
  if (value === null) return types.includes('null');
  if (Array.isArray(value)) return types.includes('array');
  if (typeof value === 'number') {
    return types.includes('number') || (types.includes('integer') && Number.isInteger(value));
  }
  return types.includes(typeof value as TypeName);
}
