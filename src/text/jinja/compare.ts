/** @file Python's `==`, `<` and `in`. */
import { TemplateError } from './errors.ts';
import type { Limits } from './limits.ts';
import {
  Dict,
  isNumber,
  iterate,
  numeric,
  sequenceOf,
  Tuple,
  typeName,
  Undefined,
  unmarked,
  type Value,
  View,
} from './values.ts';

/** Python's `==`. */
export function equal(left: Value, right: Value, limits: Limits): boolean {
  limits.tick();
  const [a, b] = [unmarked(left), unmarked(right)];
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return sameNumber(numeric(a), numeric(b));
  if (a instanceof Undefined && b instanceof Undefined) return true;
  if (a instanceof Dict && b instanceof Dict)
    return (
      a.size === b.size &&
      a.entries().every(([key, value]) => {
        const other = b.get(key);
        return other !== undefined && equal(value, other, limits);
      })
    );
  if (a instanceof View && b instanceof View) return a.type === b.type && sameItems(a.items, b.items, limits);
  const [one, two] = [sequenceOf(a), sequenceOf(b)];
  return one !== null && two !== null && Array.isArray(a) === Array.isArray(b) && sameItems(one, two, limits);
}

function sameItems(a: readonly Value[], b: readonly Value[], limits: Limits): boolean {
  return a.length === b.length && a.every((item, i) => equal(item, b[i]!, limits));
}

function sameNumber(a: bigint | number, b: bigint | number): boolean {
  // A bigint and a number compare exactly; only NaN is neither smaller, greater nor the same.
  return !(a < b) && !(a > b) && !Number.isNaN(a) && !Number.isNaN(b);
}

/** Below 0 where a comes before b. Throws where Python's `<` does. */
export function order(left: Value, right: Value, limits: Limits): number {
  limits.tick();
  const [a, b] = [unmarked(left), unmarked(right)];
  if (typeof a === 'string' && typeof b === 'string') return orderTexts(a, b);
  if (isNumber(a) && isNumber(b)) {
    const [one, two] = [numeric(a), numeric(b)];
    if (one < two) return -1;
    if (one > two) return 1;
    return Number.isNaN(one) || Number.isNaN(two) ? Number.NaN : 0;
  }
  const [one, two] = [sequenceOf(a), sequenceOf(b)];
  if (one !== null && two !== null && a instanceof Tuple === b instanceof Tuple)
    return orderItems(one, two, limits);
  if (a instanceof Undefined) throw new TemplateError(a.reason);
  if (b instanceof Undefined) throw new TemplateError(b.reason);
  throw new TemplateError(`values of type ${typeName(a)} and ${typeName(b)} have no order`);
}

function orderItems(a: readonly Value[], b: readonly Value[], limits: Limits): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1)
    if (!equal(a[i]!, b[i]!, limits)) return order(a[i]!, b[i]!, limits);
  return a.length - b.length;
}

/** By code points: surrogates, which make the greatest of them, are smaller units than U+E000 to U+FFFF. */
function orderTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [one, two] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (one !== two) return rank(one) - rank(two);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Python's `item in container`. */
export function contains(within: Value, wanted: Value, limits: Limits): boolean {
  const [container, item] = [unmarked(within), unmarked(wanted)];
  if (typeof container === 'string') {
    if (typeof item === 'string') return container.includes(item);
    throw new TemplateError(`'in' a text takes a text, found a value of type ${typeName(item)}`);
  }
  if (container instanceof Dict) return container.get(item) !== undefined;
  return iterate(container).some((one) => equal(one, item, limits));
}
