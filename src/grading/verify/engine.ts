/**
 * @file Comparing by @cortex-js/compute-engine: symbolic evaluation, then values to 50 digits at sample points.
 *
 * It may run without end or eat all memory on hostile input: only `worker.ts` calls it, in a process that is killed.
 */
import { type BoxedExpression, ComputeEngine } from '@cortex-js/compute-engine';
import { compare } from './compare.ts';
import { decimalOf, fastLeaf } from './expressions.ts';
import { toMathJson } from './mathjson.ts';
import { type Node, some } from './node.ts';
import { readAnswer } from './read.ts';
import { losesDigits } from './rounding.ts';
import type { Outcome } from './sampling.ts';

const DIGITS = 50;
/** Relative gap of two values that are equal but for rounding at 50 digits. */
const SAME = 1e-38;
/** Sizes below this may be zero but for rounding. */
const TINY = 1e-36;
/** The same where an integral, sum or limit is evaluated numerically, in double precision. */
const SAME_BY_QUADRATURE = 1e-12;
/** Values of variables: fractions, but whole numbers for sums up to a variable. */
const FRACTIONS: readonly (readonly [number, number])[] = [
  [7, 5],
  [23, 11],
  [13, 17],
  [31, 13],
];
const WHOLE: readonly (readonly [number, number])[] = [
  [3, 1],
  [7, 1],
  [4, 1],
  [10, 1],
];

/** Where the sizes of terms are looked at: every variable is 1. */
const ORIGIN = { complex: true, value: () => 1 };

/** The reference is not mathematics that the engine knows. */
export class UnreadableReference extends Error {
  override readonly name = 'UnreadableReference';
}

const engine = new ComputeEngine();
engine.precision = DIGITS;

/** An integral of nothing is one of 1: the engine does not read `\int_0^7 dx`. */
const BARE_INTEGRAL = /(\\int(?:\s*[_^]\s*(?:\{[^{}]*\}|\\?\w))*)\s*(?=\\?d\s*[a-z](?![A-Za-z]))/g;

function box(node: Node): BoxedExpression | null {
  if (node.kind === 'opaque') return engine.parse(node.latex.replace(BARE_INTEGRAL, '$1 1\\,'));
  const json = toMathJson(node);
  return json === null ? null : engine.box(json);
}

/** A value at a sample point as real and imaginary part at full precision, through the engine's own numbers. */
function valueAt(
  expression: BoxedExpression,
  names: readonly string[],
  points: typeof WHOLE,
  point: number,
): BoxedExpression {
  const substitution = Object.fromEntries(
    names.map((name, i) => {
      const [n, d] = points[(point + i) % points.length]!;
      return [name, engine.box(['Rational', n + i, d])];
    }),
  );
  return expression.subs(substitution).N();
}

function size(value: BoxedExpression): number {
  return Math.hypot(value.re, value.im);
}

/** The outcome at one point; "unknown" where a value is not a number. */
function compareAt(
  a: BoxedExpression,
  b: BoxedExpression,
  names: readonly string[],
  points: typeof WHOLE,
  point: number,
  same: number,
  relative: boolean,
): Outcome {
  const [left, right] = [valueAt(a, names, points, point), valueAt(b, names, points, point)];
  let scale = Math.max(size(left), size(right));
  let gap = size(left.sub(right).N());
  if (scale < TINY || scale === Number.POSITIVE_INFINITY) {
    if (left.isSame(right)) return 'equal';
    if (!relative) return 'unknown';
    [scale, gap] = [1, size(left.div(right).sub(engine.box(1)).N())];
  }
  if (!Number.isFinite(scale) || !Number.isFinite(gap)) return 'unknown';
  if (gap <= same * scale) return 'equal';
  return gap >= same * 1e4 * scale ? 'different' : 'unknown';
}

function compareNumerically(
  a: BoxedExpression,
  b: BoxedExpression,
  points: typeof WHOLE,
  same: number,
  relative: boolean,
): Outcome {
  const names = [...new Set([...a.unknowns, ...b.unknowns])].sort();
  let result: Outcome = 'equal';
  for (let point = 0; point < (names.length === 0 ? 1 : points.length); point += 1) {
    const outcome = compareAt(a, b, names, points, point, same, relative);
    if (outcome === 'different') return outcome;
    if (outcome === 'unknown') result = outcome;
  }
  return result;
}

/** Whether one side is a decimal too long for doubles, and the other rounds to it. */
function isRounded(a: Node, b: Node, x: BoxedExpression, y: BoxedExpression): boolean {
  const [left, right] = [decimalOf(a), decimalOf(b)];
  const decimal = left ?? right;
  if (decimal === null || (left !== null && right !== null)) return false;
  if (decimal.digits > DIGITS - 10 || x.unknowns.length + y.unknowns.length > 0) return false;
  return size(x.N().sub(y.N()).N()) <= 0.5 * 10 ** -decimal.places;
}

/** Whether digits may cancel. */
const hasSums = (node: Node): boolean => some(node, ({ kind }) => kind === 'sum');

/** Whether an expression has a value for whole numbers only. */
function countsUp(node: Node): boolean {
  return node.kind === 'opaque' && /\\(?:sum|prod)/.test(node.latex);
}

/** Whether two expressions are equal. Throws UnreadableReference. */
export function engineLeaf(reference: Node, answer: Node): Outcome {
  const fast =
    reference.kind === 'opaque' || answer.kind === 'opaque' ? 'unknown' : fastLeaf(reference, answer);
  if (fast !== 'unknown') return fast;
  const a = box(reference);
  if (a === null) return 'unknown';
  if (!a.isValid) throw new UnreadableReference();
  const b = box(answer);
  if (b === null || !b.isValid) return 'different';
  const [x, y] = [a.evaluate(), b.evaluate()];
  if (x.isNaN || y.isNaN) return 'unknown';
  if (a.isSame(b) || x.isSame(y)) return 'equal';
  const opaque = reference.kind === 'opaque' || answer.kind === 'opaque';
  const points = [reference, answer].some(countsUp) ? WHOLE : FRACTIONS;
  if (isRounded(reference, answer, x, y)) return 'equal';
  const exactly = !opaque && !hasSums(reference) && !hasSums(answer);
  const outcome = compareNumerically(x, y, points, opaque ? SAME_BY_QUADRATURE : SAME, exactly);
  if (outcome === 'equal' && [reference, answer].some((node) => losesDigits(node, DIGITS - 14, ORIGIN)))
    return 'unknown';
  if (outcome !== 'unknown') return outcome;
  // The engine's own equality of numbers has an absolute tolerance.
  if (x.unknowns.length + y.unknowns.length === 0) return 'unknown';
  const equal = x.isEqual(y);
  return equal === undefined ? 'unknown' : equal ? 'equal' : 'different';
}

/** Whether the answer is the reference, with the engine at hand. */
export function compareByEngine(reference: string, answer: string): Outcome | 'unreadable' {
  const [right, given] = [readAnswer(reference), readAnswer(answer)];
  if (right === null) return 'unreadable';
  try {
    if (given === null) {
      if (some(right, ({ kind }) => kind === 'opaque')) engineLeaf(right, right);
      return 'different';
    }
    return compare(right, given, engineLeaf);
  } catch (error) {
    if (error instanceof UnreadableReference) return 'unreadable';
    throw error;
  }
}
