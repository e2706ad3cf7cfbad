/** @file JSON's arrays, objects and values of any kind as parts of a grammar, nested to a bounded depth. */
import { Choice, type Item, type Sequence, type Terminal } from './items.ts';
import { literal, literals, WHITESPACE } from './literals.ts';
import { stringUnlike } from './names.ts';
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
  for (let from = last; from > 0; from--) if (rest(from).length === Number.POSITIVE_INFINITY) return;
}

export interface Property {
  readonly name: string;
  readonly value: Value;
  readonly required: boolean;
}

/**
 * Objects: the properties in their order, those that are not required may be left out, others follow them.
 * @param additional - the value of other properties; null where there may be none
 */
export function objectOf(properties: readonly Property[], additional: Value | null): Value {
  const keys = properties.map(({ name }) => literal(JSON.stringify(name)));
  const otherKey = stringUnlike(properties.map(({ name }) => name));
  const lastRequired = properties.findLastIndex(({ required }) => required);
  return byDepth((depth) => {
    if (depth >= MOST_NESTED) return new Choice(2, () => []);
    /** What may follow when the properties before `from` are written or left out. */
    const rests: (Choice | undefined)[] = [];
    const rest = (from: number): Choice => {
      rests[from] ??= new Choice(1, () => [
        ...(from > lastRequired ? [[CLOSE]] : []),
        [COMMA, WHITESPACE, members(from)],
      ]);
      return rests[from];
    };
    const member = (key: Terminal, value: Value, next: number): Sequence => [
      key,
      WHITESPACE,
      COLON,
      WHITESPACE,
      value(depth + 1),
      WHITESPACE,
      rest(next),
    ];
    const members = (from: number): Choice =>
      new Choice(5, () => {
        const possible: Sequence[] = [];
        for (let i = from; i < properties.length; i++) {
          const { value, required } = properties[i]!;
          possible.push(member(keys[i]!, value, i + 1));
          if (required) return possible;
        }
        if (additional !== null) possible.push(member(otherKey, additional, properties.length));
        return possible;
      });
    const first = new Choice(1, () => {
      measure(rest, lastRequired + 1);
      return [...(lastRequired < 0 ? [[CLOSE]] : []), [members(0)]];
    });
    return new Choice(2, () => [[OPEN, WHITESPACE, first]]);
  });
}

export interface ArrayShape {
  /** The first elements. */
  readonly prefix: readonly Value[];
  /** Those after them. */
  readonly items: Value;
  readonly min: number;
  readonly max: number;
}

export function arrayOf({ prefix, items, min, max }: ArrayShape): Value {
  // Beyond this many elements the next ones are all alike, where there is no upper bound.
  const alike = Math.max(1, min, prefix.length);
  return byDepth((depth) => {
    if (depth >= MOST_NESTED) return new Choice(2, () => []);
    const rests: (Choice | undefined)[] = [];
    const rest = (count: number): Choice => {
      const at = max === Number.POSITIVE_INFINITY ? Math.min(count, alike) : count;
      rests[at] ??= new Choice(1, () => [
        ...(at >= min ? [[CLOSE_ARRAY]] : []),
        ...(at < max ? [[COMMA, WHITESPACE, ...element(at)]] : []),
      ]);
      return rests[at];
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
export const anyObject: Value = objectOf([], (depth) => anyValue(depth));
