/**
 * @file Identity testing of rational expressions in a prime field (Schwartz 1980, Zippel 1979).
 *
 * Two quotients of polynomials with rational coefficients are the same function exactly where they agree at random
 * points of a large field; one point of a field of about 2⁶¹ elements is wrong for degree d with probability d / 2⁶¹.
 * Powers cost their exponent's bits, so (x + y + z)²⁰⁰ and 2^{10000} + 1 are as cheap as x². π and e stand for
 * themselves, as further variables.
 */
import { exact } from './exact.ts';
import { isExpression, type Node } from './node.ts';
import type { Rational } from './rational.ts';

/** 2⁶¹ − 2373: (p − 1)/2 is prime too, so that the powers of no small number repeat early (2 has order 61 mod 2⁶¹ − 1). */
const PRIME = (1n << 61n) - 2373n;
const POINTS = [0x1f3a_55c1_92d7_be63n, 0x0a7d_e042_66b9_13f5n];

function reduce(x: bigint): bigint {
  const remainder = x % PRIME;
  return remainder < 0n ? remainder + PRIME : remainder;
}

function raise(base: bigint, exponent: bigint): bigint {
  let [result, square, rest] = [1n, base, exponent];
  while (rest > 0n) {
    if (rest & 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
    rest >>= 1n;
  }
  return result;
}

function inverse(x: bigint): bigint | null {
  return x === 0n ? null : raise(x, PRIME - 2n);
}

/** A field element for a name, the same in every process. */
function element(name: string, point: bigint): bigint {
  let hash = point;
  for (let i = 0; i < name.length; i += 1)
    hash = reduce((hash ^ BigInt(name.charCodeAt(i))) * 0x5851f42d4c957f2dn + 1n);
  return hash < 2n ? hash + 2n : hash;
}

function fraction({ n, d }: Rational): bigint | null {
  const bottom = inverse(reduce(d));
  return bottom && reduce(reduce(n) * bottom);
}

/** The value of a node at a point; null where it is no quotient of polynomials, or undefined there. */
function at(node: Node, point: bigint): bigint | null {
  if (!isExpression(node)) return null;
  switch (node.kind) {
    case 'number':
      return fraction(node.value);
    case 'symbol':
      return element(node.name, point);
    case 'constant':
      return node.name === 'pi' || node.name === 'e' ? element(`constant ${node.name}`, point) : null;
    case 'negative': {
      const of = at(node.of, point);
      return of === null ? null : reduce(-of);
    }
    case 'sum':
      return fold(node.terms, point, 0n, (a, b) => (a + b) % PRIME);
    case 'product':
      return fold(node.factors, point, 1n, (a, b) => (a * b) % PRIME);
    case 'quotient': {
      const [top, bottom] = [at(node.top, point), at(node.bottom, point)];
      if (top === null || bottom === null) return null;
      const inverted = inverse(bottom);
      return inverted === null ? null : (top * inverted) % PRIME;
    }
    case 'power':
      return powerAt(node.base, node.exponent, point);
    case 'call': {
      const value = exact(node);
      return value === null ? factorialAt(node) : fraction(value);
    }
    case 'unit':
      return null;
  }
}

/** Largest n of a factorial that is multiplied out in the field. */
const MAX_FACTORIAL = 3000n;

/** n! where it is too long for a fraction. */
function factorialAt(node: Node & { kind: 'call' }): bigint | null {
  if (node.name !== 'factorial') return null;
  const n = exact(node.args[0]!);
  if (n === null || n.d !== 1n || n.n < 0n || n.n > MAX_FACTORIAL) return null;
  let product = 1n;
  for (let i = 2n; i <= n.n; i += 1n) product = (product * i) % PRIME;
  return product;
}

function fold(
  nodes: readonly Node[],
  point: bigint,
  start: bigint,
  operation: (a: bigint, b: bigint) => bigint,
): bigint | null {
  let result = start;
  for (const node of nodes) {
    const value = at(node, point);
    if (value === null) return null;
    result = operation(result, value);
  }
  return result;
}

function powerAt(baseNode: Node, exponentNode: Node, point: bigint): bigint | null {
  const exponent = exact(exponentNode);
  if (exponent === null || exponent.d !== 1n) {
    const value = exact({ kind: 'power', base: baseNode, exponent: exponentNode });
    return value && fraction(value);
  }
  const base = at(baseNode, point);
  if (base === null || (base === 0n && exponent.n === 0n)) return null;
  if (exponent.n >= 0n) return raise(base, exponent.n);
  const inverted = inverse(base);
  return inverted === null ? null : raise(inverted, -exponent.n);
}

/** Whether one expression is a constant multiple of the other; null where one is no rational function, or 0. */
export function isMultiple(a: Node, b: Node): boolean | null {
  const values: [bigint, bigint][] = [];
  for (const point of POINTS) {
    const [left, right] = [at(a, point), at(b, point)];
    if (left === null || right === null || left === 0n || right === 0n) return null;
    values.push([left, right]);
  }
  const [[a1, b1], [a2, b2]] = values as [[bigint, bigint], [bigint, bigint]];
  return (a1 * b2 - a2 * b1) % PRIME === 0n;
}

/** Whether two expressions are the same rational function; null where one of them is none. */
export function sameRationalFunction(a: Node, b: Node): boolean | null {
  for (const point of POINTS) {
    const [left, right] = [at(a, point), at(b, point)];
    if (left === null || right === null) return null;
    if (left !== right) return false;
  }
  return true;
}
