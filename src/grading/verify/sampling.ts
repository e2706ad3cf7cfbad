/**
 * @file Comparing two expressions by their values at fixed pseudo-random points.
 *
 * Points where either side has no value are passed over: an equality holds on the common domain. Differences that
 * double precision can neither confirm nor deny are left open.
 */
import { type Complex, magnitude, minus } from './complex.ts';
import { isMultiple } from './modular.ts';
import { type Node, some } from './node.ts';
import { evaluate, type Point } from './numeric.ts';
import { isApart, losesDigits, underflows } from './rounding.ts';

/** What a comparison found; "unknown" is for another method to decide. */
export type Outcome = 'equal' | 'different' | 'unknown';

/** Constants above this size are not told apart in doubles: they agree to 15 digits, 10⁻⁶ in what is left. */
const LARGE = 1e9;
/** Relative differences up to here are rounding. */
const SAME = 2e-14;
/** A term of a sum that is smaller than the others by so many digits is lost in a double. */
const DOUBLE_DIGITS = 13;
/** Relative differences from here on are real. */
const APART = 1e-7;
const POINTS = 12;
const ENOUGH = 4;

/** A uniform number in [0, 1) for a name at a point (FNV-1a and a finalizer). */
function uniform(name: string, index: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(index + 1, 0x9e3779b1);
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Point `index`: positive values first, then some of either sign. */
function pointAt(index: number, complex: boolean): Point {
  return {
    complex,
    value: (name) => {
      const size = 0.2 + 2.6 * uniform(name, index);
      return index >= POINTS / 2 && uniform(`sign of ${name}`, index) < 0.5 ? -size : size;
    },
  };
}

/** Where the sizes of terms are looked at. */
const POINT = pointAt(0, true);

const finite = ([re, im]: Complex): boolean => Number.isFinite(re) && Number.isFinite(im);

/** Differences below this may be rounding. */
const TINY = 1e-14;
/** Doubles below this have fewer digits. */
const SMALLEST = 1e-290;

/** What the rounding of a value is relative to: the terms of a sum, though they may cancel. */
function termScale(node: Node, point: Point): number {
  if (node.kind === 'negative') return termScale(node.of, point);
  if (node.kind !== 'sum') return magnitude(evaluate(node, point));
  return node.terms.reduce((sum, term) => sum + termScale(term, point), 0);
}

function compareAt(a: Node, b: Node, left: Complex, right: Complex, point: Point): Outcome {
  const scale = Math.max(magnitude(left), magnitude(right));
  const gap = magnitude(minus(left, right));
  if (scale < SMALLEST)
    return scale > 0 || [a, b].some((node) => underflows(node, point)) ? 'unknown' : 'equal';
  if (gap <= SAME * scale) return 'equal';
  if (gap >= APART * scale && (gap >= TINY || isApart(a, b, gap, point))) return 'different';
  return gap <= 4e-16 * Math.max(termScale(a, point), termScale(b, point)) ? 'equal' : 'unknown';
}

/** Constants of which one is too large for a double and the other is not; the large one need not be known. */
function overflows([a]: Complex, [b]: Complex): boolean {
  return !Number.isNaN(a) && !Number.isNaN(b) && Number.isFinite(a) !== Number.isFinite(b);
}

function usesI(node: Node): boolean {
  return some(node, (part) => part.kind === 'constant' && part.name === 'i');
}

function hasVariables(node: Node): boolean {
  return some(
    node,
    (part) => part.kind === 'symbol' || (part.kind === 'call' && part.name.startsWith('apply:')),
  );
}

function compareOver(a: Node, b: Node, complex: boolean): Outcome {
  const needed = hasVariables(a) || hasVariables(b) ? ENOUGH : 1;
  let valid = 0;
  let open = false;
  for (let index = 0; index < (needed === 1 ? 1 : POINTS); index += 1) {
    const point = pointAt(index, complex);
    const [left, right] = [evaluate(a, point), evaluate(b, point)];
    if (needed === 1 && overflows(left, right)) return 'different';
    if (!finite(left) || !finite(right)) continue;
    const outcome = compareAt(a, b, left, right, point);
    if (outcome === 'different') return 'different';
    if (outcome === 'unknown' || (needed === 1 && magnitude(left) > LARGE)) open = true;
    else valid += 1;
  }
  if (open || valid < needed) return 'unknown';
  // What doubles cannot show is left to the engine.
  const lost = losesDigits(a, DOUBLE_DIGITS, POINT) || losesDigits(b, DOUBLE_DIGITS, POINT);
  return lost ? 'unknown' : 'equal';
}

/** Whether two expressions have the same values. */
export function sameValues(a: Node, b: Node): Outcome {
  if (usesI(a) || usesI(b)) return compareOver(a, b, true);
  const overReals = compareOver(a, b, false);
  return overReals === 'unknown' ? compareOver(a, b, true) : overReals;
}

/** A constant's real value, ±∞ for literal infinities, null where it has none. */
export function realValue(node: Node): number | null {
  if (hasVariables(node)) return null;
  const [re, im] = evaluate(node, pointAt(0, false));
  if (Number.isNaN(re) || im !== 0) return null;
  const literal = some(node, (part) => part.kind === 'constant' && part.name === 'infinity');
  return Number.isFinite(re) || literal ? re : null;
}

/**
 * The constant c with a = c·b at all points, as its sign; 'none' where there is no such constant, 'unknown' where too
 * few points are valid. Expressions that are zero everywhere have none.
 */
export function proportion(a: Node, b: Node): 'positive' | 'negative' | 'none' | 'unknown' {
  const complex = usesI(a) || usesI(b);
  const ratios: number[] = [];
  for (let index = 0; index < POINTS; index += 1) {
    const point = pointAt(index, complex);
    const [left, right] = [evaluate(a, point), evaluate(b, point)];
    if (!finite(left) || !finite(right) || left[1] !== 0 || right[1] !== 0) continue;
    if (Math.abs(right[0]) < 1e-12 || Math.abs(left[0]) < 1e-12) return 'none';
    ratios.push(left[0] / right[0]);
  }
  const [first] = ratios;
  if (first === undefined || ratios.length < ENOUGH) return 'unknown';
  const spread = Math.max(...ratios.map((ratio) => Math.abs(ratio - first))) / Math.abs(first);
  if (spread > 1e-9) return 'none';
  const exactly = isMultiple(a, b);
  if (exactly === false) return 'none';
  if (exactly === null && spread > 1e-12) return 'unknown';
  return first > 0 ? 'positive' : 'negative';
}
