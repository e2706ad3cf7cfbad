/**
 * @file Comparison of a program's result with the expected one: printed text token by token, returned values as JSON.
 *
 * One answer per problem: problems that accept several outputs need a checker of their own, which is left out.
 */
import type { Json } from '../../records.ts';

const TOKEN = /\S+/gu;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;

function close(actual: number, expected: number, tolerance: number): boolean {
  if (actual === expected) return true;
  return Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

function sameToken(actual: string, expected: string, tolerance: number | undefined): boolean {
  if (actual === expected) return true;
  if (tolerance === undefined || !NUMBER.test(actual) || !NUMBER.test(expected)) return false;
  return close(Number(actual), Number(expected), tolerance);
}

/** A short quotation for messages. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}

/**
 * Null where the printed text has the expected tokens in their order, else what differs. White space, line breaks
 * included, only separates tokens. The message shows the program's own token, never the expected one.
 */
export function outputDifference(actual: string, expected: string, tolerance?: number): string | null {
  const wanted = expected.match(TOKEN) ?? [];
  const given = actual.match(TOKEN) ?? [];
  const at = wanted.findIndex((token, i) => i >= given.length || !sameToken(given[i]!, token, tolerance));
  if (at !== -1)
    return at < given.length
      ? `token ${at + 1} is ${quote(given[at]!)}`
      : `${given.length} of ${wanted.length} tokens printed`;
  return given.length > wanted.length ? `${given.length} tokens printed, ${wanted.length} expected` : null;
}

/**
 * Whether two JSON values are equal: objects by their own keys in any order, numbers by value or within `tolerance`.
 * Integers beyond 2^53 are compared as the doubles JSON gives.
 */
export function sameJson(actual: Json, expected: Json, tolerance = 0): boolean {
  if (typeof expected === 'number') return typeof actual === 'number' && close(actual, expected, tolerance);
  if (expected === null || typeof expected !== 'object') return actual === expected;
  if (actual === null || typeof actual !== 'object') return false;
  if (Array.isArray(expected) || Array.isArray(actual)) return sameList(actual, expected, tolerance);
  const wanted = Object.entries(expected);
  if (Object.keys(actual).length !== wanted.length) return false;
  const given = actual as { readonly [key: string]: Json };
  return wanted.every(([key, value]) => Object.hasOwn(given, key) && sameJson(given[key]!, value, tolerance));
}

function sameList(actual: object, expected: object, tolerance: number): boolean {
  if (!Array.isArray(actual) || !Array.isArray(expected) || actual.length !== expected.length) return false;
  return expected.every((value: Json, i) => sameJson(actual[i] as Json, value, tolerance));
}
