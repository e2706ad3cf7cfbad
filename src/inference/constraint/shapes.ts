/**
 * @file Shapes: a compiled schema as plain data, made in one process and turned into a grammar in another.
 *
 * Shapes refer to one another by their place in a list, so that a schema may contain itself.
 */
import type { NumberBounds } from './bounded-numbers.ts';
import type { TextAutomaton } from './pattern/index.ts';

/** The place of a shape in its list. */
export type ShapeId = number;

/** Texts of a length in code points; null for no largest. */
export interface TextShape {
  readonly min: number;
  readonly max: number | null;
  /** null for any text. */
  readonly automaton: TextAutomaton | null;
}

/** Properties other than the declared ones. */
export interface OtherProperties {
  /** null: any name but the declared ones. */
  readonly names: TextShape | null;
  readonly value: ShapeId;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly properties: readonly {
    readonly name: string;
    readonly value: ShapeId;
    readonly required: boolean;
  }[];
  readonly others: readonly OtherProperties[];
  /** Properties in all. */
  readonly min: number;
  readonly max: number | null;
}

export interface ArrayShape {
  readonly kind: 'array';
  readonly prefix: readonly ShapeId[];
  readonly items: ShapeId;
  readonly min: number;
  readonly max: number | null;
}

export type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'any-object' }
  | { readonly kind: 'either'; readonly of: readonly ShapeId[] }
  /** One of some JSON texts without whitespace. */
  | { readonly kind: 'words'; readonly texts: readonly string[] }
  | { readonly kind: 'string'; readonly text: TextShape }
  /** Without bounds any number, also one with an exponent. */
  | { readonly kind: 'number'; readonly isInteger: boolean; readonly bounds: NumberBounds | null }
  | ObjectShape
  | ArrayShape;

/** A list of shapes; the first is the whole. */
export type Shapes = readonly Shape[];

/** Bytes of an object, of a letter in a text, of a way of an automaton, of a state at one length in its table. */
const [OBJECT, LETTER, WAY, ENTRY] = [1_000, 4, 100, 4];

function textBytes({ automaton, min, max }: TextShape): number {
  if (automaton === null) return OBJECT;
  const ways = automaton.ways.reduce((sum, { length }) => sum + length, 0);
  return OBJECT + WAY * ways + ENTRY * automaton.ways.length * ((max ?? min) + 1);
}

/** About how much memory a shape takes, and the part of a grammar that is made of it. */
export function shapeBytes(shape: Shape): number {
  switch (shape.kind) {
    case 'string':
      return textBytes(shape.text);
    case 'words':
      return shape.texts.reduce((sum, { length }) => sum + LETTER * length, OBJECT);
    case 'object': {
      const own = shape.properties.reduce((sum, { name }) => sum + OBJECT + LETTER * name.length, OBJECT);
      return shape.others.reduce((sum, { names }) => sum + (names === null ? OBJECT : textBytes(names)), own);
    }
    case 'array':
      return OBJECT * (1 + shape.prefix.length);
    case 'any':
    case 'any-object':
    case 'either':
    case 'number':
      return OBJECT;
  }
}
