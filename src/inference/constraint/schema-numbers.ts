/** @file Numbers of a schema: their bounds and steps. */
import { isStepPossible, leastCommonMultiple, type NumberBounds, UNITS } from './bounded-numbers.ts';
import { inUnits, nextDown, nextUp } from './decimals.ts';
import { MOST_FRACTION_DIGITS } from './numbers.ts';
import { inside, schemaError } from './schema-error.ts';
import type { Facts } from './schema-facts.ts';

/** Numbers without bounds stay below this. */
const LARGEST = 1e308;

/**
 * null where the schema bounds nothing.
 *
 * A bound that is not reached is the neighbouring double, reached: what is read from text is rounded to doubles, and
 * rounding keeps order.
 */
export function boundsOf(facts: Facts, isInteger: boolean, path: string): NumberBounds | null {
  const least = Math.max(facts.least, Number.isFinite(facts.above) ? nextUp(facts.above) : facts.above);
  const most = Math.min(facts.most, Number.isFinite(facts.below) ? nextDown(facts.below) : facts.below);
  if (least <= -LARGEST && most >= LARGEST && facts.multiplesOf.length === 0) return null;
  const places = isInteger ? 0 : MOST_FRACTION_DIGITS;
  return {
    isInteger,
    least: Number.isFinite(least) ? -inUnits(-least, places).floor : null,
    most: Number.isFinite(most) ? inUnits(most, places).floor : null,
    step: facts.multiplesOf.length === 0 ? null : stepOf(facts.multiplesOf, isInteger, path),
  };
}

/** The number whose multiples are multiples of all. */
function stepOf(numbers: readonly number[], isInteger: boolean, path: string): bigint {
  const steps = numbers.map((number) => inUnits(number, MOST_FRACTION_DIGITS));
  const all = steps.map(({ floor }) => floor).concat(isInteger ? UNITS : 1n);
  const isExact = steps.every((step) => step.isExact);
  const common = isExact ? all.reduce(leastCommonMultiple) : 0n;
  const step = isInteger ? common / UNITS : common;
  if (isExact && isStepPossible(step, isInteger)) return step;
  throw schemaError(
    inside(path, 'multipleOf'),
    'leaves too many remainders, or has too many digits.',
    'Write a round number, or leave it out and check the value yourself.',
  );
}

/** Whether a number is within the bounds and a multiple of the steps. */
export function isWithin(value: number, facts: Facts, path: string): boolean {
  const { least, most, above, below, multiplesOf } = facts;
  if (value < least || value > most || value <= above || value >= below) return false;
  if (multiplesOf.length === 0) return true;
  const { floor, isExact } = inUnits(value, MOST_FRACTION_DIGITS);
  return isExact && floor % stepOf(multiplesOf, false, path) === 0n;
}
