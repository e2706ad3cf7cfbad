/**
 * @file A JSON Schema (the subset that decoding can hold to) as parts of a grammar.
 *
 * Leaves out: bounds on numbers, patterns and formats of strings, distinct items, numbers of properties, properties by
 * pattern, `not`, conditions, intersections. oneOf is read as anyOf.
 */
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import { constant, NOTHING, oneOf, scalars } from './constants.ts';
import { Choice, type Item } from './items.ts';
import { INTEGER, NUMBER } from './numbers.ts';
import { countAt, inside, listAt, objectAt, schemaError } from './schema-error.ts';
import { checkKeywords, isOfType, type TypeName, typesOf, type Whole } from './schema-keywords.ts';
import { resolveReference } from './schema-reference.ts';
import { stringOf } from './strings.ts';
import { anyValue, arrayOf, objectOf, type Property, type Value } from './values.ts';

/** The largest minLength and maxLength. */
const MOST_REQUIRED_CHARACTERS = 10_000;
const MOST_CHARACTERS = 1_000_000;
/** Schemas within schemas: far more than values may be nested. */
const MOST_SCHEMAS_DEEP = 400;
/** The largest minItems: so many elements are always kept in view. */
const MOST_REQUIRED_ITEMS = 500;
const MOST_ITEMS = 1_000_000;

export class SchemaCompiler {
  readonly #root: Json;
  readonly #rootPath: string;
  /** Schemas by what they are, so that a recursive one is compiled once. */
  readonly #known = new Map<Json, Value>();
  /** For each schema those that it may be without reading a byte. */
  readonly #same = new Map<Json, readonly Json[]>();

  #depth = 0;

  /** @param rootPath - what errors call the schema */
  constructor(root: Json, rootPath: string) {
    this.#root = root;
    this.#rootPath = rootPath;
  }

  /** @throws UserError where a keyword is not supported or no value can fit */
  compile(): Value {
    const value = this.#value(this.#root, this.#rootPath);
    this.#refuseCircles();
    const top = value(0);
    if (top instanceof Choice && top.length === Number.POSITIVE_INFINITY) {
      throw schemaError(
        this.#rootPath,
        'no value of moderate length can fit.',
        'Look for parts that need themselves, contradict one another, or are very long.',
      );
    }
    return value;
  }

  #value(schema: Json, path: string): Value {
    if (schema === true) return anyValue;
    if (schema === false) return NOTHING;
    if (!isJsonObject(schema)) throw schemaError(path, 'is not a schema.', 'Write an object, true or false.');
    const known = this.#known.get(schema);
    if (known !== undefined) return known;
    // Stands for the schema within itself.
    const made = { value: NOTHING };
    const value: Value = (depth): Item => made.value(depth);
    this.#known.set(schema, value);
    if (++this.#depth > MOST_SCHEMAS_DEEP) {
      throw schemaError(this.#rootPath, 'is nested too deeply.', 'Write fewer schemas within one another.');
    }
    made.value = this.#make(schema, path);
    this.#depth--;
    return value;
  }

  #make(schema: JsonObject, path: string): Value {
    const whole = checkKeywords(schema, path);
    if (whole !== null) {
      const alternatives = this.#alternatives(schema, whole, path);
      this.#same.set(
        schema,
        alternatives.map(([part]) => part),
      );
      const values = alternatives.map(([part, at]) => this.#value(part, at));
      return oneOf(schema.nullable === true ? [...values, scalars([null])] : values);
    }
    const types = typesOf(schema, path);
    if (schema.enum !== undefined || schema.const !== undefined) return this.#fixed(schema, types, path);
    if (types === null) return anyValue;
    return oneOf(types.map((type) => this.#ofType(type, schema, path)));
  }

  #alternatives(schema: JsonObject, whole: Whole, path: string): readonly (readonly [Json, string])[] {
    if (whole === '$ref') {
      return [resolveReference(this.#root, this.#rootPath, schema.$ref!, inside(path, '$ref'))];
    }
    const list = listAt(schema, whole, path);
    const at = inside(path, whole);
    if (list.length === 0) throw schemaError(at, 'is empty.', 'List one schema at least.');
    if (whole === 'allOf' && list.length > 1) {
      throw schemaError(at, 'more than one schema is not supported.', 'Merge them into one.');
    }
    return list.map((part, i) => [part, inside(at, i)] as const);
  }

  /** enum and const: where both stand, their common values. */
  #fixed(schema: JsonObject, types: readonly TypeName[] | null, path: string): Value {
    const listed = schema.enum === undefined ? [schema.const!] : listAt(schema, 'enum', path);
    const only = schema.const === undefined ? null : JSON.stringify(schema.const);
    const values = listed.filter(
      (value) =>
        (types === null || isOfType(value, types)) && (only === null || JSON.stringify(value) === only),
    );
    const parts = values.filter((value) => typeof value === 'object' && value !== null).map(constant);
    const simple = values.filter((value) => typeof value !== 'object' || value === null);
    return oneOf([...(simple.length > 0 ? [scalars(simple)] : []), ...parts]);
  }

  #ofType(type: TypeName, schema: JsonObject, path: string): Value {
    switch (type) {
      case 'object':
        return this.#object(schema, path);
      case 'array':
        return this.#array(schema, path);
      case 'string': {
        const min = countAt(schema, 'minLength', path, 0, MOST_REQUIRED_CHARACTERS);
        const max = countAt(schema, 'maxLength', path, Number.POSITIVE_INFINITY, MOST_CHARACTERS);
        const item = stringOf(min, max);
        return min > max ? NOTHING : () => item;
      }
      case 'number':
        return () => NUMBER;
      case 'integer':
        return () => INTEGER;
      case 'boolean':
        return scalars([true, false]);
      case 'null':
        return scalars([null]);
    }
  }

  #object(schema: JsonObject, path: string): Value {
    const declared = objectAt(schema, 'properties', path);
    const required = schema.required === undefined ? [] : listAt(schema, 'required', path);
    const additional = schema.additionalProperties ?? true;
    const others = this.#value(additional, inside(path, 'additionalProperties'));
    const properties = Object.entries(declared).map(
      ([name, part]): Property => ({
        name,
        value: this.#value(part, inside(inside(path, 'properties'), name)),
        required: required.includes(name),
      }),
    );
    for (const name of new Set(required)) {
      if (typeof name !== 'string') {
        throw schemaError(inside(path, 'required'), 'is not a list of names.', 'List names of properties.');
      }
      if (!Object.hasOwn(declared, name)) properties.push({ name, value: others, required: true });
    }
    return objectOf(properties, additional === false ? null : others);
  }

  #array(schema: JsonObject, path: string): Value {
    const firsts = schema.prefixItems === undefined ? [] : listAt(schema, 'prefixItems', path);
    const prefix = firsts.map((part, i) => this.#value(part, inside(inside(path, 'prefixItems'), i)));
    const items = schema.items ?? true;
    if (Array.isArray(items)) {
      throw schemaError(inside(path, 'items'), 'a list is not supported.', 'Write "prefixItems" for it.');
    }
    const most = items === false ? prefix.length : Number.POSITIVE_INFINITY;
    const max = Math.min(most, countAt(schema, 'maxItems', path, most, MOST_ITEMS));
    const min = countAt(schema, 'minItems', path, 0, MOST_REQUIRED_ITEMS);
    if (min > max) return NOTHING;
    return arrayOf({ prefix, items: this.#value(items, inside(path, 'items')), min, max });
  }

  /** A schema that may be itself again before any byte is read has no grammar of its own. */
  #refuseCircles(): void {
    const done = new Set<Json>();
    const visit = (schema: Json, open: readonly Json[]): void => {
      if (open.includes(schema)) {
        throw schemaError(
          this.#rootPath,
          'a "$ref" leads back to itself.',
          'Let it refer to a part of a value.',
        );
      }
      if (done.has(schema)) return;
      for (const part of this.#same.get(schema) ?? []) visit(part, [...open, schema]);
      done.add(schema);
    };
    for (const schema of this.#same.keys()) visit(schema, []);
  }
}
