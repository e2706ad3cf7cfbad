/** @file Shapes as parts of a grammar, made when they are first reached. */
import { boundedNumber } from './bounded-numbers.ts';
import { Choice, type Item, type Sequence, type Terminal } from './items.ts';
import { literals } from './literals.ts';
import { stringUnlike } from './names.ts';
import { INTEGER, NUMBER } from './numbers.ts';
import { patternedString } from './patterned-strings.ts';
import type { ArrayShape, ObjectShape, Shape, ShapeId, Shapes, TextShape } from './shapes.ts';
import { stringOf } from './strings.ts';
import { anyObject, anyValue, arrayOf, byDepth, objectOf, type Property, type Value } from './values.ts';

/** No value at all. */
const NOTHING: Item = new Choice(1, () => []);

/** The values of the first shape. */
export function valuesOf(shapes: Shapes): Value {
  const made: (Value | undefined)[] = [];
  const at = (id: ShapeId): Value => {
    made[id] ??= make(shapes, shapes[id]!, later);
    return made[id];
  };
  /** Only looked up when it is reached: a shape may contain itself. */
  const later =
    (id: ShapeId): Value =>
    (depth) =>
      at(id)(depth);
  return later(0);
}

function make(shapes: Shapes, shape: Shape, later: (id: ShapeId) => Value): Value {
  switch (shape.kind) {
    case 'any':
      return anyValue;
    case 'any-object':
      return anyObject;
    case 'either': {
      // Words of several alternatives are read as one.
      const words = shape.of.flatMap((id) => textsOf(shapes[id]!));
      const others = shape.of.filter((id) => shapes[id]!.kind !== 'words').map(later);
      const values = words.length > 0 ? [() => literals(words), ...others] : others;
      return byDepth((depth) => new Choice(1, () => values.map((value): Sequence => [value(depth)])));
    }
    case 'words': {
      const item = shape.texts.length === 0 ? NOTHING : literals(shape.texts);
      return () => item;
    }
    case 'string':
      return constantly(stringShape(shape.text));
    case 'number': {
      const { isInteger, bounds } = shape;
      if (bounds !== null) return constantly(boundedNumber(bounds));
      return constantly(isInteger ? INTEGER : NUMBER);
    }
    case 'object':
      return objectShape(shape, later);
    case 'array':
      return arrayShape(shape, later);
  }
}

const textsOf = (shape: Shape): readonly string[] => (shape.kind === 'words' ? shape.texts : []);

const constantly = (item: Terminal | null): Value => {
  const made = item ?? NOTHING;
  return () => made;
};

const upTo = (most: number | null): number => most ?? Number.POSITIVE_INFINITY;

function stringShape({ min, max, automaton }: TextShape): Terminal | null {
  if (min > upTo(max)) return null;
  return automaton === null ? stringOf(min, upTo(max)) : patternedString(automaton, min, upTo(max));
}

function objectShape(shape: ObjectShape, later: (id: ShapeId) => Value): Value {
  const properties = shape.properties.map(
    ({ name, value, required }): Property => ({ name, value: later(value), required }),
  );
  const declared = properties.map(({ name }) => name);
  const others = shape.others.flatMap(({ names, value }) => {
    const name = names === null ? stringUnlike(declared) : stringShape(names);
    return name === null ? [] : [{ name, value: later(value) }];
  });
  return objectOf({ properties, others, min: shape.min, max: upTo(shape.max) });
}

function arrayShape({ prefix, items, min, max }: ArrayShape, later: (id: ShapeId) => Value): Value {
  return arrayOf({ prefix: prefix.map(later), items: later(items), min, max: upTo(max) });
}
