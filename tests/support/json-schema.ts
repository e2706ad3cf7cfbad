/**
 * @file A validator of JSON Schema for tests, independent of the compiler of constraints: it reads values, patterns with
 * JavaScript's own regular expressions and dates with its own calendar.
 */
import { isIP } from 'node:net';
import { isJsonObject, type Json, type JsonObject } from '../../src/records.ts';

function typeFits(value: Json, type: Json): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  return type === 'object' ? isJsonObject(value) : typeof value === type;
}

const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
const isTime = (text: string): boolean => {
  const [, hours, minutes, seconds] = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  return Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
};

/** Whether a text is of a format; formats not listed are free. */
const FORMATS: { readonly [name: string]: (text: string) => boolean } = {
  date: isDate,
  time: isTime,
  'date-time': (text) =>
    isDate(text.slice(0, 10)) &&
    text[10] === 'T' &&
    isTime(text.slice(11)) &&
    /(Z|[+-]\d\d:\d\d)$/.test(text) &&
    Number.isFinite(Date.parse(text)),
  email: (text) => {
    const [local = '', domain = '', ...more] = text.split('@');
    return more.length === 0 && /^[^\s".]+(\.[^\s".]+)*$/.test(local) && domain.split('.').length > 1;
  },
  hostname: (text) => text.split('.').every((label) => /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(label)),
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  ipv4: (text) => isIP(text) === 4,
  ipv6: (text) => isIP(text) === 6,
  uri: (text) => /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i.test(text) && !/%(?![0-9a-f]{2})/i.test(text),
  duration: (text) =>
    /^P(?=.)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$/.test(text),
  'json-pointer': (text) => /^(\/([^~]|~[01])*)*$/.test(text),
  base64: (text) => Buffer.from(text, 'base64').toString('base64') === text || text.endsWith('='),
};

/** Whether a value fits a schema, by JSON Schema 2020-12 and what earlier drafts have beside it. */
export function fits(value: Json, schema: Json, root: Json = schema): boolean {
  if (typeof schema === 'boolean') return schema;
  if (!isJsonObject(schema)) throw new Error('no schema');
  if (schema.nullable === true && value === null) return true;
  return fitsWhole(value, schema, root) && fitsOwn(value, schema, root);
}

/** References, alternatives and given values. */
function fitsWhole(value: Json, schema: JsonObject, root: Json): boolean {
  const sub = (of: Json): boolean => fits(value, of, root);
  if (typeof schema.$ref === 'string') {
    const path = schema.$ref.split('/').slice(1);
    if (!sub(path.reduce<Json>((at, key) => (at as JsonObject)[key]!, root))) return false;
  }
  const types = schema.type === undefined ? null : [schema.type].flat();
  if (types && !types.some((type) => typeFits(value, type))) return false;
  const isSame = (one: Json): boolean => JSON.stringify(one) === JSON.stringify(value);
  if (schema.enum && !(schema.enum as Json[]).some(isSame)) return false;
  if (schema.const !== undefined && !isSame(schema.const)) return false;
  for (const any of [schema.anyOf, schema.oneOf]) {
    if (any && !(any as readonly Json[]).some(sub)) return false;
  }
  return !Array.isArray(schema.allOf) || (schema.allOf as Json[]).every(sub);
}

/** The keywords of the value's own type. */
function fitsOwn(value: Json, schema: JsonObject, root: Json): boolean {
  if (typeof value === 'number') return numberFits(value, schema);
  if (typeof value === 'string') return textFits(value, schema);
  if (Array.isArray(value)) return itemsFit(value as Json[], schema, root);
  return !isJsonObject(value) || propertiesFit(value, schema, root);
}

const within = (count: number, schema: JsonObject, min: string, max: string): boolean =>
  count >= Number(schema[min] ?? Number.NEGATIVE_INFINITY) &&
  count <= Number(schema[max] ?? Number.POSITIVE_INFINITY);

function numberFits(value: number, schema: JsonObject): boolean {
  const times = value / Number(schema.multipleOf ?? Number.NaN);
  // Draft 4: true makes the other bound exclusive.
  const above = schema.exclusiveMinimum === true ? schema.minimum : schema.exclusiveMinimum;
  const below = schema.exclusiveMaximum === true ? schema.maximum : schema.exclusiveMaximum;
  return (
    within(value, schema, 'minimum', 'maximum') &&
    !(value <= Number(above ?? Number.NEGATIVE_INFINITY)) &&
    !(value >= Number(below ?? Number.POSITIVE_INFINITY)) &&
    !(Math.abs(times - Math.round(times)) > 1e-9 * Math.max(1, Math.abs(times)))
  );
}

function textFits(value: string, schema: JsonObject): boolean {
  if (!within([...value].length, schema, 'minLength', 'maxLength')) return false;
  if (typeof schema.pattern === 'string') return patternOf(schema.pattern).test(value);
  return typeof schema.format !== 'string' || (FORMATS[schema.format]?.(value) ?? true);
}

/** Some generators escape what the flag `u` wants unescaped. */
function patternOf(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    return new RegExp(source);
  }
}

function itemsFit(value: readonly Json[], schema: JsonObject, root: Json): boolean {
  const isEarlier = Array.isArray(schema.items);
  const prefix = ((isEarlier ? schema.items : schema.prefixItems) ?? []) as readonly Json[];
  const rest = (isEarlier ? schema.additionalItems : schema.items) ?? true;
  const isFit = (part: Json, i: number): boolean => fits(part, prefix[i] ?? rest, root);
  return within(value.length, schema, 'minItems', 'maxItems') && value.every(isFit);
}

function propertiesFit(value: JsonObject, schema: JsonObject, root: Json): boolean {
  const declared = (schema.properties ?? {}) as JsonObject;
  const byPattern = Object.entries((schema.patternProperties ?? {}) as JsonObject);
  const entries = Object.entries(value);
  const schemasOf = (name: string): readonly Json[] => {
    const own = Object.hasOwn(declared, name) ? [declared[name]!] : [];
    const all = [...own, ...byPattern.flatMap(([one, of]) => (patternOf(one).test(name) ? [of] : []))];
    return all.length > 0 ? all : [schema.additionalProperties ?? true];
  };
  return (
    ((schema.required ?? []) as readonly string[]).every((name) => Object.hasOwn(value, name)) &&
    within(entries.length, schema, 'minProperties', 'maxProperties') &&
    entries.every(([name]) => fits(name, schema.propertyNames ?? true, root)) &&
    entries.every(([name, part]) => schemasOf(name).every((of) => fits(part, of, root)))
  );
}
