/**
 * @file A schema as alternatives without references: `$ref`, `anyOf`, `oneOf` and `allOf` with all that stands beside
 * them. oneOf is read as anyOf.
 */
import type { Json, JsonObject } from '../../records.ts';
import { inside, listAt, schemaError } from './schema-error.ts';
import {
  type All,
  bothOf,
  type Facts,
  factsOf,
  isSchemaObject,
  type Located,
  NO_FACTS,
} from './schema-facts.ts';
import { resolveReference } from './schema-reference.ts';

/** Alternatives of one value: so many readings of a text are followed at once. */
export const MOST_ALTERNATIVES = 1024;

/** References and alternatives within one another. */
const MOST_DEEP = 100;

export class Alternatives {
  readonly #root: Json;
  readonly #rootPath: string;
  readonly #known = new Map<Json, readonly Facts[]>();

  constructor(root: Json, rootPath: string) {
    this.#root = root;
    this.#rootPath = rootPath;
  }

  /** The schema that a `$ref` names. */
  target(reference: Json, path: string): Located {
    return resolveReference(this.#root, this.#rootPath, reference, inside(path, '$ref'));
  }

  /** What schemas say together: one of these. */
  of(all: All, open: readonly Json[] = []): readonly Facts[] {
    return all.reduce<readonly Facts[]>(
      (facts, one) => this.#product(facts, this.#ofOne(one, open), one[1]),
      [NO_FACTS],
    );
  }

  #ofOne([schema, path]: Located, open: readonly Json[]): readonly Facts[] {
    if (schema === false) return [];
    if (!isSchemaObject(schema, path)) return [NO_FACTS];
    if (open.includes(schema)) throw circle(this.#rootPath);
    if (open.length > MOST_DEEP) {
      throw schemaError(this.#rootPath, 'is nested too deeply.', 'Write fewer schemas within one another.');
    }
    const known = this.#known.get(schema);
    if (known !== undefined) return known;
    const made = this.#expanded(schema, path, open);
    this.#known.set(schema, made);
    return made;
  }

  #expanded(schema: JsonObject, path: string, open: readonly Json[]): readonly Facts[] {
    const within = [...open, schema];
    const { $ref, anyOf, oneOf, allOf, ...own } = schema;
    let facts: readonly Facts[] = [factsOf(own, path)];
    if ($ref !== undefined) {
      facts = this.#product(facts, this.#ofOne(this.target($ref, path), within), path);
    }
    if (allOf !== undefined) {
      facts = this.#product(facts, this.of(partsAt(schema, 'allOf', path), within), path);
    }
    for (const [key, list] of [
      ['anyOf', anyOf],
      ['oneOf', oneOf],
    ] as const) {
      if (list === undefined) continue;
      const each = partsAt(schema, key, path).flatMap((part) => this.#ofOne(part, within));
      facts = this.#product(facts, each, inside(path, key));
    }
    const isOwn = own.type !== undefined || Object.keys(own).length === 0;
    return schema.nullable === true && !isOwn ? [...facts, { ...NO_FACTS, types: ['null'] }] : facts;
  }

  #product(a: readonly Facts[], b: readonly Facts[], path: string): readonly Facts[] {
    if (a.length * b.length > MOST_ALTERNATIVES) throw tooMany(path);
    return a.flatMap((one) => b.map((other) => bothOf(one, other)));
  }
}

/** The schemas that a keyword lists. */
export function partsAt(schema: { readonly [key: string]: Json }, key: string, path: string): All {
  const list = listAt(schema, key, path);
  const at = inside(path, key);
  if (list.length === 0) throw schemaError(at, 'is empty.', 'List one schema at least.');
  if (list.length > MOST_ALTERNATIVES) throw tooMany(at);
  return list.map((part, i): Located => [part, inside(at, i)]);
}

export const tooMany = (path: string): Error =>
  schemaError(
    path,
    `more than ${MOST_ALTERNATIVES} alternatives of one value.`,
    'Write fewer, or list values without parts in one "enum".',
  );

export const circle = (path: string): Error =>
  schemaError(path, 'a "$ref" leads back to itself.', 'Let it refer to a part of a value.');
