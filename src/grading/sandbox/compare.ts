/**
 * @file Comparison of a program's result with the expected one: printed text token by token, returned values as JSON.
 *
 * One answer per problem: problems that accept several outputs need a checker of their own, which is left out.
 */
import type { Json } from '../../records.ts';

const SPACE = /\s+/gu;
/** No digit can belong to two parts of it, so that it is linear in the length of the token. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/u;

/** Time a comparison may take on the host, ms. */
export const COMPARISON_MS = 5000;
/** The clock is read after so many tokens or values. */
const CLOCK_EVERY = 4096;

/** A comparison that took longer than it may. */
export class ComparisonTimeout extends Error {}

/** Counts steps of a comparison; throws ComparisonTimeout after `limitMs`. */
class Clock {
  readonly #limitMs: number;
  readonly #start = performance.now();
  #steps = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  step(): void {
    if (++this.#steps % CLOCK_EVERY === 0 && performance.now() - this.#start > this.#limitMs)
      throw new ComparisonTimeout(`the comparison took more than ${this.#limitMs} ms`);
  }
}

function close(actual: number, expected: number, tolerance: number): boolean {
  if (actual === expected) return true;
  return Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

function sameToken(actual: string, expected: string, tolerance: number | undefined): boolean {
  if (actual === expected) return true;
  if (tolerance === undefined || !NUMBER.test(actual) || !NUMBER.test(expected)) return false;
  const [given, wanted] = [Number(actual), Number(expected)];
  // Numbers too large for a double are equal only as text.
  return Number.isFinite(given) && Number.isFinite(wanted) && close(given, wanted, tolerance);
}

/** The tokens of a text, one after the other: what white space separates. */
function* tokens(text: string, clock: Clock): Generator<string> {
  let from = 0;
  for (const { index, 0: space } of text.matchAll(SPACE)) {
    clock.step();
    if (index > from) yield text.slice(from, index);
    from = index + space.length;
  }
  if (from < text.length) yield text.slice(from);
}

/** How many items are left. */
function countOf(items: Iterator<string>): number {
  let count = 0;
  while (items.next().done !== true) count += 1;
  return count;
}

/** A short quotation for messages. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}

/**
 * Null where the printed text has the expected tokens in their order, else what differs. White space, line breaks
 * included, only separates tokens. The message shows the program's own token, never the expected one. Time is linear in
 * both lengths; throws ComparisonTimeout after `limitMs`.
 */
export function outputDifference(
  actual: string,
  expected: string,
  tolerance?: number,
  limitMs = COMPARISON_MS,
): string | null {
  const clock = new Clock(limitMs);
  const given = tokens(actual, clock);
  const wanted = tokens(expected, clock);
  for (let at = 1; ; at++) {
    const [printed, token] = [given.next(), wanted.next()];
    if (printed.done === true)
      return token.done === true ? null : `${at - 1} of ${at + countOf(wanted)} tokens printed`;
    if (token.done === true) return `${at + countOf(given)} tokens printed, ${at - 1} expected`;
    if (!sameToken(printed.value, token.value, tolerance)) return `token ${at} is ${quote(printed.value)}`;
  }
}

/**
 * Whether two JSON values are equal: objects by their own keys in any order, numbers by value or within `tolerance`.
 * Integers beyond 2^53 are compared as the doubles JSON gives. Throws ComparisonTimeout after `limitMs`.
 */
export function sameJson(actual: Json, expected: Json, tolerance = 0, limitMs = COMPARISON_MS): boolean {
  return sameValue(actual, expected, tolerance, new Clock(limitMs));
}

function sameValue(actual: Json, expected: Json, tolerance: number, clock: Clock): boolean {
  clock.step();
  if (typeof expected === 'number') return typeof actual === 'number' && close(actual, expected, tolerance);
  if (expected === null || typeof expected !== 'object') return actual === expected;
  if (actual === null || typeof actual !== 'object') return false;
  if (Array.isArray(expected) || Array.isArray(actual)) return sameList(actual, expected, tolerance, clock);
  const wanted = Object.entries(expected);
  if (Object.keys(actual).length !== wanted.length) return false;
  const given = actual as { readonly [key: string]: Json };
  return wanted.every(
    ([key, value]) => Object.hasOwn(given, key) && sameValue(given[key]!, value, tolerance, clock),
  );
}

function sameList(actual: object, expected: object, tolerance: number, clock: Clock): boolean {
  if (!Array.isArray(actual) || !Array.isArray(expected) || actual.length !== expected.length) return false;
  return expected.every((value: Json, i) => sameValue(actual[i] as Json, value, tolerance, clock));
}
