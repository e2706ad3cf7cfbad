/** @file The exact value of a constant expression where it is a fraction of moderate size; null everywhere else. */
import { isExpression, type Node } from './node.ts';
import {
  add,
  divide,
  equalRationals,
  multiply,
  negate,
  ONE,
  power,
  type Rational,
  rational,
  root,
  ZERO,
} from './rational.ts';

/** Largest n of an exact n! and of an exact binomial. */
const MAX_FACTORIAL = 400n;

/** The value of a node as a fraction; null where it has none, or none small enough. */
export function exact(node: Node): Rational | null {
  if (!isExpression(node)) return null;
  switch (node.kind) {
    case 'number':
      return node.value;
    case 'negative': {
      const of = exact(node.of);
      return of && negate(of);
    }
    case 'sum':
      return fold(node.terms, ZERO, add);
    case 'product':
      return fold(node.factors, ONE, multiply);
    case 'quotient': {
      const [top, bottom] = [exact(node.top), exact(node.bottom)];
      return top && bottom && divide(top, bottom);
    }
    case 'power':
      return exactPower(node.base, node.exponent);
    case 'call':
      return exactCall(node.name, node.args);
    case 'symbol':
    case 'constant':
    case 'unit':
      return null;
  }
}

function fold(
  nodes: readonly Node[],
  start: Rational,
  operation: (a: Rational, b: Rational) => Rational | null,
): Rational | null {
  let result: Rational | null = start;
  for (const node of nodes) {
    const value = exact(node);
    result = value && result && operation(result, value);
    if (result === null) return null;
  }
  return result;
}

function exactPower(baseNode: Node, exponentNode: Node): Rational | null {
  const [base, exponent] = [exact(baseNode), exact(exponentNode)];
  if (base === null || exponent === null) return null;
  if (exponent.d === 1n) return base.n === 0n && exponent.n === 0n ? null : power(base, exponent.n);
  if (exponent.d > 64n) return null;
  const radix = root(base, Number(exponent.d));
  return radix && power(radix, exponent.n);
}

function factorial(n: bigint): bigint {
  let product = 1n;
  for (let i = 2n; i <= n; i += 1n) product *= i;
  return product;
}

function binomial(n: bigint, k: bigint): Rational | null {
  if (n < 0n || n > MAX_FACTORIAL || k < 0n || k > n) return null;
  return rational(factorial(n), factorial(k) * factorial(n - k));
}

function floor({ n, d }: Rational): Rational {
  const quotient = n / d;
  return { n: n < 0n && n % d !== 0n ? quotient - 1n : quotient, d: 1n };
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

const magnitude = (n: bigint): bigint => (n < 0n ? -n : n);

function compareRationals(a: Rational, b: Rational): number {
  const [left, right] = [a.n * b.d, b.n * a.d];
  return left < right ? -1 : left > right ? 1 : 0;
}

function exactCall(name: string, args: readonly Node[]): Rational | null {
  const values = args.map(exact);
  if (values.some((value) => value === null)) return null;
  const [first, second] = values as Rational[];
  if (first === undefined) return null;
  const whole = (values as Rational[]).every(({ d }) => d === 1n);
  switch (name) {
    case 'root':
      return second !== undefined && second.d === 1n && second.n >= 2n && second.n <= 64n
        ? root(first, Number(second.n))
        : null;
    case 'factorial':
      return whole && first.n >= 0n && first.n <= MAX_FACTORIAL ? rational(factorial(first.n)) : null;
    case 'gamma':
      return whole && first.n >= 1n && first.n <= MAX_FACTORIAL ? rational(factorial(first.n - 1n)) : null;
    case 'sgn':
      return rational(first.n < 0n ? -1n : first.n > 0n ? 1n : 0n);
    case 'binomial':
      return whole && second !== undefined ? binomial(first.n, second.n) : null;
    case 'abs':
      return first.n < 0n ? negate(first) : first;
    case 'floor':
      return floor(first);
    case 'ceil':
      return negate(floor(negate(first)));
    case 'max':
      return (values as Rational[]).reduce((a, b) => (compareRationals(a, b) >= 0 ? a : b));
    case 'min':
      return (values as Rational[]).reduce((a, b) => (compareRationals(a, b) <= 0 ? a : b));
    case 'gcd':
      return whole ? rational((values as Rational[]).map(({ n }) => n).reduce(gcd)) : null;
    case 'lcm':
      if (!whole || (values as Rational[]).some(({ n }) => n === 0n)) return null;
      return (values as Rational[]).reduce<Rational | null>(
        (a, b) => a && rational(magnitude((a.n * b.n) / gcd(a.n, b.n))),
        ONE,
      );
    case 'log':
      return second === undefined ? null : exactLogarithm(first, second);
    case 'ln':
      return equalRationals(first, ONE) ? ZERO : null;
    default:
      return null;
  }
}

/** log_b a where it is a whole number. */
function exactLogarithm(a: Rational, b: Rational): Rational | null {
  if (a.n <= 0n || b.n <= 0n || equalRationals(b, ONE)) return null;
  if (equalRationals(a, ONE)) return ZERO;
  let forward: Rational | null = b;
  for (let k = 1n; k <= 64n && forward !== null; k += 1n) {
    if (equalRationals(forward, a)) return { n: k, d: 1n };
    if (equalRationals({ n: forward.d, d: forward.n }, a)) return { n: -k, d: 1n };
    forward = multiply(forward, b);
  }
  return null;
}
