/** @file Jinja2's tests: `value is name`. */

import { compute } from './arithmetic.ts';
import { bind } from './bind.ts';
import { contains, equal, order } from './compare.ts';
import { TemplateError } from './errors.ts';
import type { Limits } from './limits.ts';
import { str } from './show.ts';
import {
  type CallArguments,
  Callable,
  Dict,
  Generator,
  isNumber,
  lengthOf,
  Markup,
  sequenceOf,
  Undefined,
  type Value,
  View,
} from './values.ts';

type Test = (value: Value, args: CallArguments, limits: Limits) => boolean;

const alone =
  (test: (value: Value, limits: Limits) => boolean): Test =>
  (value, args, limits) => {
    bind('the test', args, []);
    return test(value, limits);
  };

const withOther =
  (test: (value: Value, other: Value, limits: Limits) => boolean): Test =>
  (value, args, limits) =>
    test(value, bind('the test', args, ['other!'])[0]!, limits);

const same = withOther(equal);
const less = withOther((value, other, limits) => order(value, other, limits) < 0);
const atMost = withOther((value, other, limits) => order(value, other, limits) <= 0);
const greater = withOther((value, other, limits) => order(value, other, limits) > 0);
const atLeast = withOther((value, other, limits) => order(value, other, limits) >= 0);

/** Whether the value is divisible; throws for what has no remainder. */
function divisible(value: Value, divisor: Value, limits: Limits): boolean {
  return equal(compute('%', value, divisor, limits), 0n, limits);
}

const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['boolean', alone((value) => typeof value === 'boolean')],
  // Python's Undefined has a method that fails when it is called.
  ['callable', alone((value) => value instanceof Callable || value instanceof Undefined)],
  ['defined', alone((value) => !(value instanceof Undefined))],
  ['undefined', alone((value) => value instanceof Undefined)],
  ['divisibleby', withOther(divisible)],
  ['even', alone((value, limits) => divisible(value, 2n, limits))],
  ['odd', alone((value, limits) => equal(compute('%', value, 2n, limits), 1n, limits))],
  ['escaped', alone((value) => value instanceof Markup)],
  ['true', alone((value) => value === true)],
  ['false', alone((value) => value === false)],
  ['none', alone((value) => value === null)],
  ['integer', alone((value) => typeof value === 'bigint')],
  ['float', alone((value) => typeof value === 'number')],
  ['number', alone((value) => isNumber(value))],
  ['string', alone((value) => typeof value === 'string' || value instanceof Markup)],
  ['mapping', alone((value) => value instanceof Dict)],
  [
    'iterable',
    alone((value) => value instanceof Generator || lengthOf(value) !== null || value instanceof Markup),
  ],
  ['sequence', alone(isSequence)],
  ['sameas', withOther((value, other) => value === other)],
  ['lower', alone((value, limits) => cased(str(value, limits), (text) => text.toLowerCase()))],
  ['upper', alone((value, limits) => cased(str(value, limits), (text) => text.toUpperCase()))],
  ['in', withOther((value, other, limits) => contains(other, value, limits))],
  ...named(['eq', 'equalto', '=='], same),
  ...named(['ne', '!='], (value, args, limits) => !same(value, args, limits)),
  ...named(['lt', 'lessthan', '<'], less),
  ...named(['le', '<='], atMost),
  ...named(['gt', 'greaterthan', '>'], greater),
  ...named(['ge', '>='], atLeast),
]);

function named(names: readonly string[], test: Test): readonly (readonly [string, Test])[] {
  return names.map((name) => [name, test]);
}

/** Jinja2 calls whatever has a length and items a sequence: a dict and a text too. */
function isSequence(value: Value): boolean {
  if (value instanceof View) return value.type === 'range';
  return (
    typeof value === 'string' ||
    value instanceof Dict ||
    value instanceof Undefined ||
    sequenceOf(value) !== null
  );
}

/** Python's `islower` and `isupper`: letters with case, all of that case. */
function cased(text: string, change: (text: string) => string): boolean {
  return text === change(text) && text.toLowerCase() !== text.toUpperCase();
}

/** Whether Jinja2 has a test of that name. */
export function isTest(name: Value): boolean {
  return typeof name === 'string' && (TESTS.has(name) || name === 'filter' || name === 'test');
}

/** The test of that name, applied. */
export function applyTest(name: string, value: Value, args: CallArguments, limits: Limits): boolean {
  const test = TESTS.get(name);
  if (test === undefined) throw new TemplateError(`no test named '${name}'`);
  return test(value, args, limits);
}
