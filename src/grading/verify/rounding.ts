/**
 * @file Limits of double precision: values that vanish, differences within the rounding error, digits that are lost.
 */
import { magnitude } from './complex.ts';
import { children, isExpression, type Node } from './node.ts';
import { evaluate, type Point } from './numeric.ts';

/** Largest relative error of one operation. */
const ROUNDING = 2 ** -53;

/** Whether a value is 0 though nothing in it is: doubles have nothing smaller. */
export function underflows(node: Node, point: Point): boolean {
  const isZero = (part: Node): boolean => magnitude(evaluate(part, point)) === 0;
  const parts = children(node);
  if (parts.length === 0) return false;
  const scales =
    node.kind === 'product' || node.kind === 'quotient' || node.kind === 'power' || node.kind === 'call';
  const first = node.kind === 'product' ? parts : parts.slice(0, 1);
  const vanishes = node.kind !== 'call' || node.name === 'exp';
  if (scales && vanishes && isZero(node) && (node.kind === 'call' || !first.some(isZero))) return true;
  return parts.some((part) => underflows(part, point));
}

/** Whether a small difference at a point is more than the rounding of both sides. */
export function isApart(a: Node, b: Node, gap: number, point: Point): boolean {
  const error =
    roundingOf(a, point) * magnitude(evaluate(a, point)) +
    roundingOf(b, point) * magnitude(evaluate(b, point));
  return gap > 1e3 * error;
}

/** Bound of the relative rounding error of a value in doubles; infinite where it is not estimated. */
function roundingOf(node: Node, point: Point): number {
  const of = (part: Node): number => roundingOf(part, point);
  const size = (part: Node): number => magnitude(evaluate(part, point));
  if (!isExpression(node)) return Number.POSITIVE_INFINITY;
  switch (node.kind) {
    case 'number':
    case 'symbol':
    case 'constant':
      return ROUNDING;
    case 'negative':
      return of(node.of);
    case 'sum': {
      const error = node.terms.reduce((sum, term) => sum + size(term) * (of(term) + ROUNDING), 0);
      return error === 0 ? 0 : error / size(node);
    }
    case 'product':
      return node.factors.reduce((sum, factor) => sum + of(factor) + ROUNDING, 0);
    case 'quotient':
      return of(node.top) + of(node.bottom) + ROUNDING;
    case 'power': {
      const exponent = size(node.exponent);
      const growth = exponent * Math.abs(Math.log(size(node.base))) * of(node.exponent);
      return exponent * of(node.base) + growth + ROUNDING * (1 + exponent);
    }
    case 'call':
      return node.name === 'root' || node.name === 'abs'
        ? of(node.args[0]!) + ROUNDING
        : Number.POSITIVE_INFINITY;
    case 'unit':
      return Number.POSITIVE_INFINITY;
  }
}

/**
 * Whether an expression holds what so many digits cannot show: a term of a sum that is smaller than the others by more, or a
 * number that is longer.
 */
export function losesDigits(node: Node, digits: number, point: Point): boolean {
  if (node.kind === 'number') return isLonger(node.value.n, digits) || isLonger(node.value.d, digits);
  if (node.kind === 'sum') {
    const sizes = node.terms.map((term) => magnitude(evaluate(term, point)));
    const least = Math.max(...sizes) / 10 ** digits;
    if (sizes.some((size, i) => size < least && !isZero(node.terms[i]!))) return true;
  }
  for (const child of children(node)) if (losesDigits(child, digits, point)) return true;
  return false;
}

const isLonger = (n: bigint, digits: number): boolean => Math.abs(Number(n)) >= 10 ** (digits + 2);
const isZero = (node: Node): boolean => node.kind === 'number' && node.value.n === 0n;
