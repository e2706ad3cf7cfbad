/** @file JSON's arrays, objects and values of any kind as parts of a grammar, nested to a bounded depth. */
import { Choice, type Item, type Sequence, type Terminal } from './items.ts';
import { literal, literals, WHITESPACE } from './literals.ts';
import { NUMBER } from './numbers.ts';
import { STRING } from './strings.ts';

/** Most arrays and objects within one another. */
export const MOST_NESTED = 64;

/** A value that stands within so many arrays and objects. */
export type Value = (depth: number) => Item;

/** Makes a part once for each depth. */
export function byDepth(make: Value): Value {
  const made: (Item | undefined)[] = [];
  return (depth) => {
    made[depth] ??= make(depth);
    return made[depth];
  };
}

const [OPEN, CLOSE, COLON] = [literal('{'), literal('}'), literal(':')];
const [OPEN_ARRAY, CLOSE_ARRAY, COMMA] = [literal('['), literal(']'), literal(',')];

/** Finds the shortest ends from the last part to the first: each rests on the next, and long lists go too deep. */
function measure(rest: (from: number) => Choice, last: number): void {
  for (let from = last; from > 0; from--) void rest(from).length;
}

/** A choice made once for a place and a count. */
function memo(
  made: Map<string, Choice>,
  from: number,
  count: number,
  make: () => readonly Sequence[],
): Choice {
  const key = `${from} ${count}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const choice = new Choice(1, make);
  made.set(key, choice);
  return choice;
}

export interface Property {
  readonly name: string;
  readonly value: Value;
  readonly required: boolean;
}

/** Properties under names that are not declared. */
export interface OtherProperty {
  readonly name: Terminal;
  readonly value: Value;
}

export interface ObjectParts {
  readonly properties: readonly Property[];
  /** Kinds of other properties; without any there may be none. */
  readonly others: readonly OtherProperty[];
  /** Properties in all, counted as often as they are written. */
  readonly min: number;
  readonly max: number;
}

/** Objects: the properties in their order, those that are not required may be left out, others follow them. */
export function objectOf(parts: ObjectParts): Value {
  return byDepth((depth) => {
    if (depth >= MOST_NESTED) return new Choice(2, () => []);
    const members = new Members(parts, depth);
    return new Choice(2, () => [[OPEN, WHITESPACE, new Choice(1, () => members.first())]]);
  });
}

/** The members of an object, by the properties before them and how many of them are written. */
class Members {
  readonly #parts: ObjectParts;
  readonly #keys: readonly Terminal[];
  readonly #lastRequired: number;
  readonly #depth: number;
  readonly #rests = new Map<string, Choice>();
  readonly #nexts = new Map<string, Choice>();

  constructor(parts: ObjectParts, depth: number) {
    this.#parts = parts;
    this.#keys = parts.properties.map(({ name }) => literal(JSON.stringify(name)));
    this.#lastRequired = parts.properties.findLastIndex(({ required }) => required);
    this.#depth = depth;
  }

  first(): readonly Sequence[] {
    const { min, max, properties } = this.#parts;
    for (let count = min; count >= 0; count--) {
      measure((from) => this.#rest(from, count), this.#lastRequired + 1);
      measure((from) => this.#members(from, count), properties.length);
    }
    const isEnough = this.#lastRequired < 0 && min === 0;
    return [...(isEnough ? [[CLOSE]] : []), ...(max > 0 ? [[this.#members(0, 0)]] : [])];
  }

  /** What may follow when the properties before `from` are written or left out. */
  #rest(from: number, written: number): Choice {
    const { min, max } = this.#parts;
    const count = max === Number.POSITIVE_INFINITY ? Math.min(written, min) : written;
    return memo(this.#rests, from, count, () => [
      ...(from > this.#lastRequired && count >= min ? [[CLOSE]] : []),
      ...(count < max ? [[COMMA, WHITESPACE, this.#members(from, count)]] : []),
    ]);
  }

  /** The next member: this property, or one after it where this one may be left out. */
  #members(from: number, count: number): Choice {
    const { properties, others } = this.#parts;
    return memo(this.#nexts, from, count, () => {
      const property = properties[from];
      if (property === undefined) {
        return others.map(({ name, value }) => this.#member(name, value, from, count + 1));
      }
      const written = this.#member(this.#keys[from]!, property.value, from + 1, count + 1);
      return property.required ? [written] : [written, [this.#members(from + 1, count)]];
    });
  }

  #member(key: Terminal, value: Value, next: number, count: number): Sequence {
    const item = value(this.#depth + 1);
    return [key, WHITESPACE, COLON, WHITESPACE, item, WHITESPACE, this.#rest(next, count)];
  }
}

export interface ArrayParts {
  /** The first elements. */
  readonly prefix: readonly Value[];
  /** Those after them. */
  readonly items: Value;
  readonly min: number;
  readonly max: number;
}

export function arrayOf({ prefix, items, min, max }: ArrayParts): Value {
  // Beyond this many elements the next ones are all alike, where there is no upper bound.
  const alike = Math.max(1, min, prefix.length);
  return byDepth((depth) => {
    if (depth >= MOST_NESTED) return new Choice(2, () => []);
    const rests = new Map<number, Choice>();
    const rest = (count: number): Choice => {
      const at = max === Number.POSITIVE_INFINITY ? Math.min(count, alike) : count;
      const known = rests.get(at);
      if (known !== undefined) return known;
      const made = new Choice(1, () => [
        ...(at >= min ? [[CLOSE_ARRAY]] : []),
        ...(at < max ? [[COMMA, WHITESPACE, ...element(at)]] : []),
      ]);
      rests.set(at, made);
      return made;
    };
    const element = (at: number): Sequence => [(prefix[at] ?? items)(depth + 1), WHITESPACE, rest(at + 1)];
    const first = new Choice(1, () => {
      measure(rest, min);
      return [...(min === 0 ? [[CLOSE_ARRAY]] : []), ...(max > 0 ? [element(0)] : [])];
    });
    return new Choice(2, () => [[OPEN_ARRAY, WHITESPACE, first]]);
  });
}

/** Any value. */
export const anyValue: Value = byDepth(
  (depth) =>
    new Choice(1, () => [
      [STRING],
      [NUMBER],
      [literals(['true', 'false', 'null'])],
      [anyObject(depth)],
      [anyArray(depth)],
    ]),
);
export const anyArray: Value = arrayOf({
  prefix: [],
  items: (depth) => anyValue(depth),
  min: 0,
  max: Number.POSITIVE_INFINITY,
});
export const anyObject: Value = objectOf({
  properties: [],
  others: [{ name: STRING, value: (depth) => anyValue(depth) }],
  min: 0,
  max: Number.POSITIVE_INFINITY,
});
