/** @file JSON values as values of a template. */
import { SpelledNumber } from '../spelled-json.ts';
import { Dict, type Value } from './values.ts';

/** Whole numbers are `int` unless they are spelled otherwise, others `float`. Fields that are undefined are left out. */
export function toValue(input: unknown): Value {
  if (typeof input === 'string' || typeof input === 'boolean' || typeof input === 'bigint') return input;
  if (typeof input === 'number')
    return Number.isInteger(input) && !Object.is(input, -0) ? BigInt(input) : input;
  if (input instanceof SpelledNumber)
    return input.isInteger ? BigInt(input.spelling) : Number(input.spelling);
  if (typeof input !== 'object')
    throw new TypeError(`a chat template takes JSON values, found ${typeof input}`);
  if (input === null) return null;
  if (Array.isArray(input)) return input.map(toValue);
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return new Dict(entries.map(([key, value]): [Value, Value] => [key, toValue(value)]));
}
