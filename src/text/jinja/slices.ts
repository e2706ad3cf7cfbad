/** @file Python's indices and slices: negative ones count from the end. */
import { TemplateError } from './errors.ts';
import type { Limits } from './limits.ts';
import { characters, Tuple, typeName, Undefined, type Value, View } from './values.ts';

/** A bound of a slice within 0 to `length`. */
export function clamp(bound: number, length: number): number {
  return Math.min(Math.max(bound < 0 ? bound + length : bound, 0), length);
}

/** The item at an index; undefined outside, and where the value has no items by index. */
export function itemAt(value: Value, index: number): Value | undefined {
  if (typeof value === 'string') return characters(value).at(index);
  if (Array.isArray(value)) return value.at(index);
  if (value instanceof Tuple || (value instanceof View && value.type === 'range'))
    return value.items.at(index);
  return undefined;
}

/** `value[start:stop:step]`. Throws where the value has no slices or a bound is no whole number. */
export function slice(value: Value, bounds: readonly (Value | null)[], limits: Limits): Value {
  if (value instanceof Undefined) throw new TemplateError(value.reason);
  const missing = new TemplateError(`a value of type ${typeName(value)} has no such slice`);
  const numbers: (number | null)[] = [];
  for (const bound of bounds) {
    if (bound !== null && typeof bound !== 'bigint' && typeof bound !== 'boolean') throw missing;
    numbers.push(bound === null ? null : Number(bound));
  }
  const [start = null, stop = null, step = null] = numbers;
  if (step === 0) throw new TemplateError('the step of a slice cannot be 0');
  const cut = <T>(items: readonly T[]): T[] =>
    indices(items.length, start, stop, step ?? 1, limits).map((i) => items[i]!);
  if (typeof value === 'string') return sliceText(value, start, stop, step ?? 1, cut);
  if (Array.isArray(value)) return cut(value);
  if (value instanceof Tuple) return new Tuple(cut(value.items));
  if (value instanceof View && value.type === 'range') return new View('range', cut(value.items), null);
  throw missing;
}

function sliceText(
  text: string,
  start: number | null,
  stop: number | null,
  step: number,
  cut: (items: readonly string[]) => string[],
): string {
  const units = characters(text);
  if (step === 1 && typeof units === 'string')
    return units.slice(clamp(start ?? 0, units.length), clamp(stop ?? units.length, units.length));
  return cut(typeof units === 'string' ? units.split('') : units).join('');
}

function indices(
  length: number,
  start: number | null,
  stop: number | null,
  step: number,
  limits: Limits,
): readonly number[] {
  limits.items(length);
  const found: number[] = [];
  if (step > 0) {
    const end = stop === null ? length : clamp(stop, length);
    for (let i = start === null ? 0 : clamp(start, length); i < end; i += step) found.push(i);
    return found;
  }
  const last = (bound: number): number =>
    Math.max(-1, Math.min(bound < 0 ? bound + length : bound, length - 1));
  const end = stop === null ? -1 : last(stop);
  for (let i = start === null ? length - 1 : last(start); i > end; i += step) found.push(i);
  return found;
}
