/** @file Objects of a schema: declared properties in their order, then others under names of some kind. */
import type { Alternatives } from './schema-alternatives.ts';
import { inside, schemaError } from './schema-error.ts';
import type { All, Facts } from './schema-facts.ts';
import type { SchemaTexts } from './schema-texts.ts';
import type { ObjectShape, OtherProperties, ShapeId } from './shapes.ts';

/** Properties that may be left out: all of them are looked at before each name. */
const MOST_OPTIONAL = 1_000;

/** What compiles the parts of an object. */
export interface SchemaParts {
  readonly texts: SchemaTexts;
  readonly alternatives: Alternatives;
  /** The shape of the values that fit all of some schemas. */
  all(all: All): ShapeId;
}

/** Declared properties times minProperties: each place is looked at with each count. */
const MOST_COUNTED = 10_000;

interface Declared {
  readonly name: string;
  readonly all: All;
}

export function compileObject(compiler: SchemaParts, facts: Facts, path: string): ObjectShape {
  const names = namesOf(compiler, facts, path);
  const declared = declaredOf(compiler, facts, names, path);
  const others = othersOf(compiler, facts, names, declared, path);
  const optional = declared.filter(({ name }) => !facts.required.includes(name));
  if (optional.length > MOST_OPTIONAL) {
    throw schemaError(
      path,
      `has more than ${MOST_OPTIONAL} properties that may be left out.`,
      'List them as required, or ask for them in objects of their own.',
    );
  }
  const { minProperties, maxProperties } = facts;
  const min = minProperties > facts.required.length ? minProperties : 0;
  if (declared.length * min > MOST_COUNTED) {
    throw schemaError(
      inside(path, 'minProperties'),
      `times the ${declared.length} properties is more than ${MOST_COUNTED}.`,
      'List the properties as required, or leave the keyword out.',
    );
  }
  if (others.length > 0 && minProperties > facts.required.length + 1) {
    throw schemaError(
      inside(path, 'minProperties'),
      'cannot be held to: names of properties that are not declared may repeat one another.',
      'Declare the properties, require some of them, or ask for an array of names and values.',
    );
  }
  return {
    kind: 'object',
    properties: declared.map(({ name, all }) => ({
      name,
      value: compiler.all(all),
      required: facts.required.includes(name),
    })),
    others,
    min,
    max: Number.isFinite(maxProperties) ? maxProperties : null,
  };
}

/** What `propertyNames` says: names in a list, and kinds of texts. */
interface Names {
  readonly listed: readonly string[];
  readonly kinds: readonly Facts[];
}

function namesOf({ alternatives, texts }: SchemaParts, { names }: Facts, path: string): Names {
  const at = inside(path, 'propertyNames');
  const facts = alternatives.of(names).filter(({ types }) => types === null || types.includes('string'));
  const listed = facts.flatMap((one) =>
    (one.values ?? []).filter((value) => typeof value === 'string' && texts.fits(value, one, at)),
  );
  return {
    listed: [...new Set(listed as readonly string[])],
    kinds: facts.filter(({ values }) => values === null),
  };
}

/** Names in a list are properties that may be left out; required ones that are not declared come last. */
function declaredOf(
  compiler: SchemaParts,
  facts: Facts,
  { listed, kinds }: Names,
  path: string,
): readonly Declared[] {
  const at = inside(path, 'propertyNames');
  const isName = (name: string): boolean =>
    listed.includes(name) || kinds.some((one) => compiler.texts.fits(name, one, at));
  return [...new Set([...facts.properties.keys(), ...listed, ...facts.required])]
    .filter((name) => isName(name) || facts.required.includes(name))
    .map((name) => ({ name, all: isName(name) ? partsOf(compiler, facts, name, path) : NOTHING }));
}

const NOTHING: All = [[false, '']];

/** The schemas of a property by its name. */
function partsOf(compiler: SchemaParts, facts: Facts, name: string, path: string): All {
  const at = inside(path, 'patternProperties');
  const byPattern = [...facts.byPattern].flatMap(([pattern, all]) =>
    compiler.texts.finds(pattern, name, inside(at, pattern)) ? all : [],
  );
  const own = facts.properties.get(name);
  if (own !== undefined) return [...own, ...byPattern];
  return byPattern.length > 0 ? byPattern : facts.additional;
}

/** Names that fit one of several patterns are left out: they would have to fit the schemas of both. */
function othersOf(
  compiler: SchemaParts,
  facts: Facts,
  { kinds: names }: Names,
  declared: readonly Declared[],
  path: string,
): readonly OtherProperties[] {
  const patterns = [...facts.byPattern.keys()];
  const unlike = declared.map(({ name }) => name);
  const kinds: (readonly [pattern: string | null, all: All])[] = [...facts.byPattern];
  const isClosed = facts.additional.some(([schema]) => schema === false);
  if (!isClosed) kinds.push([null, facts.additional]);
  return kinds.flatMap(([pattern, all]): readonly OtherProperties[] => {
    const without = patterns.filter((one) => one !== pattern);
    const at =
      pattern === null ? inside(path, 'propertyNames') : inside(inside(path, 'patternProperties'), pattern);
    let value: ShapeId | null = null;
    return names.flatMap((one): readonly OtherProperties[] => {
      const isFree =
        pattern === null &&
        without.length === 0 &&
        one.patterns.length + one.formats.length + one.minLength === 0 &&
        one.maxLength === Number.POSITIVE_INFINITY;
      const wanted = pattern === null ? one : { ...one, patterns: [...one.patterns, pattern] };
      const text = isFree ? null : compiler.texts.textOf(wanted, at, { unlike, without });
      if (text === null && !isFree) return [];
      value ??= compiler.all(all);
      return [{ names: text, value }];
    });
  });
}
