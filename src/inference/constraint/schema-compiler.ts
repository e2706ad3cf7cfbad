/**
 * @file A JSON Schema (what of it decoding can hold to) as shapes.
 *
 * Leaves out: distinct items, `not`, conditions, `contains`, dependencies. Each is refused with its path.
 */
import type { Json } from '../../records.ts';
import { refuseLongShortest } from './grammar.ts';
import { lengthOf } from './items.ts';
import { Alternatives, circle, MOST_ALTERNATIVES, partsAt, tooMany } from './schema-alternatives.ts';
import { inside, schemaError } from './schema-error.ts';
import { type All, type Facts, isSchemaObject, type Located } from './schema-facts.ts';
import { isOfType, keywordsOf, type TypeName, typesOfKeywords } from './schema-keywords.ts';
import { boundsOf, isWithin } from './schema-numbers.ts';
import { compileObject, type SchemaParts } from './schema-objects.ts';
import { SchemaTexts } from './schema-texts.ts';
import { valuesOf } from './shape-values.ts';
import type { Shape, ShapeId, Shapes } from './shapes.ts';

/** Schemas within schemas: far more than values may be nested. */
const MOST_SCHEMAS_DEEP = 400;
/** Shapes of one schema. */
const MOST_SHAPES = 20_000;
/** The largest minItems: so many elements are always kept in view. */
const MOST_REQUIRED_ITEMS = 500;

/**
 * The shapes of the values that fit a schema.
 * @param path - what errors call the schema
 * @throws UserError naming the keyword and its path where it is not supported, or where no value can fit
 */
export function compileSchema(schema: Json, path: string): Shapes {
  return new SchemaCompiler(schema, path).compile();
}

class SchemaCompiler implements SchemaParts {
  readonly texts = new SchemaTexts();
  readonly alternatives: Alternatives;
  readonly #root: Json;
  readonly #rootPath: string;
  readonly #shapes: Shape[] = [];
  /** Shapes by the schemas that say them together, so that a recursive one is compiled once. */
  readonly #known = new Map<string, ShapeId>();
  readonly #names = new Map<Json, number>();
  #depth = 0;

  constructor(root: Json, rootPath: string) {
    this.#root = root;
    this.#rootPath = rootPath;
    this.alternatives = new Alternatives(root, rootPath);
  }

  compile(): Shapes {
    this.all([[this.#root, this.#rootPath]]);
    refuseCircles(this.#shapes, this.#rootPath);
    const length = lengthOf(valuesOf(this.#shapes)(0));
    if (length === Number.POSITIVE_INFINITY) {
      throw schemaError(
        this.#rootPath,
        'no value of moderate length can fit.',
        'Look for parts that need themselves, contradict one another, or are very long.',
      );
    }
    refuseLongShortest(length);
    return this.#shapes;
  }

  /** The shape of the values that fit all of some schemas. */
  all(all: All): ShapeId {
    const said = [...new Map(all.map((one) => [one[0], one])).values()].filter(([schema]) => schema !== true);
    const key = said.map(([schema]) => this.#nameOf(schema)).join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // Stands for the schema within itself.
    const id = this.add({ kind: 'any' });
    this.#known.set(key, id);
    if (++this.#depth > MOST_SCHEMAS_DEEP) {
      throw schemaError(this.#rootPath, 'is nested too deeply.', 'Write fewer schemas within one another.');
    }
    this.#shapes[id] = this.#make(said);
    this.#depth--;
    return id;
  }

  #nameOf(schema: Json): number {
    const known = this.#names.get(schema);
    if (known !== undefined) return known;
    this.#names.set(schema, this.#names.size);
    return this.#names.size - 1;
  }

  add(shape: Shape): ShapeId {
    if (this.#shapes.length >= MOST_SHAPES) {
      throw schemaError(
        this.#rootPath,
        `has more than ${MOST_SHAPES} parts.`,
        'Ask for a smaller value, or for several one after another.',
      );
    }
    return this.#shapes.push(shape) - 1;
  }

  #make(all: All): Shape {
    if (all.length === 0) return { kind: 'any' };
    const listed = all.length === 1 ? this.#listed(all[0]!) : null;
    if (listed !== null) return { kind: 'either', of: listed.map((one) => this.all([one])) };
    const path = all[0]![1];
    const alternatives = this.alternatives.of(all).flatMap((facts) => this.#shapesOf(facts, path));
    if (alternatives.length === 1) return alternatives[0]!;
    return { kind: 'either', of: alternatives.map((shape) => this.add(shape)) };
  }

  /** What a schema that is only a reference or a list of alternatives refers to: compiled when it is reached. */
  #listed([schema, path]: Located): readonly Located[] | null {
    if (!isSchemaObject(schema, path)) return null;
    const [key, ...others] = keywordsOf(schema, path);
    if (others.length > 0) return null;
    if (key === '$ref') return [this.alternatives.target(schema.$ref!, path)];
    if (key === 'anyOf' || key === 'oneOf') return partsAt(schema, key, path);
    return null;
  }

  #shapesOf(facts: Facts, path: string): readonly Shape[] {
    if (facts.values !== null) return this.#fixed(facts, facts.values, path);
    const spoken = typesOfKeywords(facts.keys);
    const types = facts.types ?? (spoken.length > 0 ? spoken : null);
    if (types === null) return [{ kind: 'any' }];
    return types.flatMap((type) => this.#ofType(type, facts, path) ?? []);
  }

  /** enum and const. */
  #fixed(facts: Facts, listed: readonly Json[], path: string): readonly Shape[] {
    const values = listed.filter((value) => this.#isAllowed(value, facts, path));
    const parts = values.filter((value) => typeof value === 'object' && value !== null);
    if (parts.length > MOST_ALTERNATIVES) throw tooMany(inside(path, 'enum'));
    const words = values.filter((value) => typeof value !== 'object' || value === null);
    return [
      ...(words.length > 0 ? [wordsOf(words)] : []),
      ...parts.map((part): Shape => this.#constant(part)),
    ];
  }

  #isAllowed(value: Json, facts: Facts, path: string): boolean {
    if (facts.types !== null && !isOfType(value, facts.types)) return false;
    if (typeof value === 'string') return this.texts.fits(value, facts, path);
    if (typeof value === 'number') return isWithin(value, facts, path);
    if (typeof value !== 'object' || value === null) return true;
    const type = Array.isArray(value) ? 'array' : 'object';
    const beside = facts.keys.find((key) => typesOfKeywords([key]).includes(type));
    if (beside === undefined) return true;
    throw schemaError(
      inside(path, beside),
      `the keyword "${beside}" is not supported beside "enum" or "const" with an ${type}.`,
      'List only values that fit, and leave the keyword out.',
    );
  }

  /** One value, with free whitespace where it has parts. */
  #constant(value: Json): Shape {
    const part = (one: Json): ShapeId => this.add(this.#constant(one));
    if (Array.isArray(value)) {
      const prefix = (value as readonly Json[]).map(part);
      return { kind: 'array', prefix, items: this.#nothing(), min: prefix.length, max: prefix.length };
    }
    if (typeof value !== 'object' || value === null) return wordsOf([value]);
    const properties = Object.entries(value).map(([name, one]) => ({
      name,
      value: part(one),
      required: true,
    }));
    return { kind: 'object', properties, others: [], min: 0, max: null };
  }

  #nothing(): ShapeId {
    return this.all([[false, this.#rootPath]]);
  }

  #ofType(type: TypeName, facts: Facts, path: string): Shape | null {
    switch (type) {
      case 'object':
        return compileObject(this, facts, path);
      case 'array':
        return this.#array(facts, path);
      case 'string': {
        const text = this.texts.textOf(facts, path);
        return text && { kind: 'string', text };
      }
      case 'number':
      case 'integer': {
        const isInteger = type === 'integer';
        return { kind: 'number', isInteger, bounds: boundsOf(facts, isInteger, path) };
      }
      case 'boolean':
        return wordsOf([true, false]);
      case 'null':
        return wordsOf([null]);
    }
  }

  #array({ prefix, items, minItems, maxItems }: Facts, path: string): Shape | null {
    const isClosed = items.some(([schema]) => schema === false);
    const max = Math.min(maxItems, isClosed ? prefix.length : Number.POSITIVE_INFINITY);
    if (minItems > max) return null;
    if (minItems > MOST_REQUIRED_ITEMS) {
      throw schemaError(
        inside(path, 'minItems'),
        `${minItems} is more than ${MOST_REQUIRED_ITEMS}.`,
        'Ask for fewer items at once.',
      );
    }
    return {
      kind: 'array',
      prefix: prefix.map((part) => this.all(part)),
      items: isClosed ? this.#nothing() : this.all(items),
      min: minItems,
      max: Number.isFinite(max) ? max : null,
    };
  }
}

const wordsOf = (values: readonly Json[]): Shape => ({
  kind: 'words',
  texts: values.map((value) => JSON.stringify(value)),
});

/** A shape that may be itself again before any byte is read has no grammar of its own. */
function refuseCircles(shapes: Shapes, path: string): void {
  const done = new Set<ShapeId>();
  const open = new Set<ShapeId>();
  const visit = (id: ShapeId): void => {
    if (open.has(id)) throw circle(path);
    const shape = shapes[id]!;
    if (done.has(id) || shape.kind !== 'either') return;
    open.add(id);
    for (const part of shape.of) visit(part);
    open.delete(id);
    done.add(id);
  };
  for (const id of shapes.keys()) visit(id);
}
