/**
 * @file The value of an expression in double precision, at given values of its variables.
 *
 * Over the reals, roots of even degree, logarithms and powers of negative numbers have no value (NaN), and odd roots of
 * negative numbers are negative; over the complex numbers they are the principal ones. No step loops with the size of a
 * number, so a value costs the size of its tree.
 */
import {
  type Complex,
  exponential,
  logarithm,
  magnitude,
  NOT_A_NUMBER,
  opposite,
  over,
  plus,
  raise,
  real,
  times,
} from './complex.ts';
import { exact } from './exact.ts';
import { isExpression, type Node } from './node.ts';
import { toNumber } from './rational.ts';

/** Where an expression is evaluated. */
export interface Point {
  /** The value of a variable. */
  value(name: string): number;
  /** Whether values that are not real count. */
  readonly complex: boolean;
}

const CONSTANTS: Readonly<Record<string, Complex>> = {
  pi: [Math.PI, 0],
  e: [Math.E, 0],
  i: [0, 1],
  infinity: [Number.POSITIVE_INFINITY, 0],
};

/** Units that are pure numbers. */
const RATIOS: Readonly<Record<string, number>> = { percent: 0.01, deg: Math.PI / 180, rad: 1 };

/** The value at a point; NaN where there is none. */
export function evaluate(node: Node, point: Point): Complex {
  if (!isExpression(node)) return NOT_A_NUMBER;
  switch (node.kind) {
    case 'number':
      return real(toNumber(node.value));
    case 'symbol':
      return real(point.value(node.name));
    case 'constant':
      return CONSTANTS[node.name]!;
    case 'negative':
      return opposite(evaluate(node.of, point));
    case 'sum':
      return node.terms.reduce<Complex>((sum, term) => plus(sum, evaluate(term, point)), [0, 0]);
    case 'product':
      return node.factors.reduce<Complex>(
        (product, factor) => times(product, evaluate(factor, point)),
        [1, 0],
      );
    case 'quotient':
      return over(evaluate(node.top, point), evaluate(node.bottom, point));
    case 'power':
      return evaluatePower(node.base, node.exponent, point);
    case 'call':
      return evaluateCall(node.name, node.args, point);
    case 'unit':
      return Object.hasOwn(RATIOS, node.name) ? real(RATIOS[node.name]!) : NOT_A_NUMBER;
  }
}

function evaluatePower(baseNode: Node, exponentNode: Node, point: Point): Complex {
  const base = evaluate(baseNode, point);
  const exponent = evaluate(exponentNode, point);
  if (point.complex || base[0] >= 0 || Number.isInteger(exponent[0])) return raise(base, exponent);
  const fraction = exact(exponentNode);
  if (fraction === null || fraction.d % 2n === 0n) return NOT_A_NUMBER;
  const size = (-base[0]) ** exponent[0];
  return real(fraction.n % 2n === 0n ? size : -size);
}

function rootOf(radicand: Complex, degree: Complex, point: Point): Complex {
  if (radicand[1] === 0 && radicand[0] < 0 && !point.complex) {
    if (Math.abs(degree[0]) % 2 !== 1) return NOT_A_NUMBER;
    return real(-((-radicand[0]) ** (1 / degree[0])));
  }
  if (radicand[1] === 0 && radicand[0] >= 0) {
    if (degree[0] === 2) return real(Math.sqrt(radicand[0]));
    if (degree[0] === 3) return real(Math.cbrt(radicand[0]));
  }
  return raise(radicand, over([1, 0], degree));
}

/** Real functions of one real variable, with the places where they have no value left to NaN. */
const REAL_FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  cot: (x) => 1 / Math.tan(x),
  sec: (x) => 1 / Math.cos(x),
  csc: (x) => 1 / Math.sin(x),
  tan: Math.tan,
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  floor: (x) => Math.floor(snap(x)),
  ceil: (x) => Math.ceil(snap(x)),
  factorial: gamma,
  gamma: (x) => gamma(x - 1),
  arccot: (x) => (x === 0 ? Math.PI / 2 : Math.atan(1 / x)),
  arcsec: (x) => Math.acos(1 / x),
  arccsc: (x) => Math.asin(1 / x),
  coth: (x) => 1 / Math.tanh(x),
  sech: (x) => 1 / Math.cosh(x),
  csch: (x) => 1 / Math.sinh(x),
  arsinh: Math.asinh,
  arcosh: Math.acosh,
  artanh: Math.atanh,
  sgn: Math.sign,
  erf: errorFunction,
  erfc: (x) => (x > 1 ? Number.NaN : 1 - errorFunction(x)), // the difference of two numbers near 1 has no digits
};

/** erf x by its series about 0 (Abramowitz and Stegun 7.1.6); ±1 where a double can tell no difference. */
function errorFunction(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200 && Math.abs(term) > 1e-18 * Math.abs(sum); n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** A number that is whole but for rounding. */
function snap(x: number): number {
  const near = Math.round(x);
  return Math.abs(x - near) < 1e-9 ? near : x;
}

/** Lanczos' coefficients for g = 7 (Godfrey 2001): Γ to 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]; // biome-ignore format: a table

/** x! = Γ(x + 1), for whole and other x > −1; without value elsewhere. */
function gamma(x: number): number {
  if (!(x > -1 && x <= 170)) return Number.NaN;
  if (Number.isInteger(x)) {
    let product = 1;
    for (let k = 2; k <= x; k += 1) product *= k;
    return product;
  }
  if (x < 0.5) return gamma(x + 1) / (x + 1);
  const [first = 0, ...rest] = LANCZOS;
  const t = x + 7.5;
  const sum = rest.reduce((total, coefficient, i) => total + coefficient / (x + i + 1), first);
  return Math.sqrt(2 * Math.PI) * t ** (x + 0.5) * Math.exp(-t) * sum;
}

function sine([re, im]: Complex): Complex {
  return im === 0 ? [Math.sin(re), 0] : [Math.sin(re) * Math.cosh(im), Math.cos(re) * Math.sinh(im)];
}

/** A number for an unknown function's value: equal for equal arguments. */
function unknownFunction(name: string, values: readonly Complex[], point: Point): Complex {
  return real(values.reduce((sum, [re]) => sum * 1.7 + Math.sin(re * 3.1) + re, point.value(name)));
}

function evaluateCall(name: string, args: readonly Node[], point: Point): Complex {
  const values = args.map((arg) => evaluate(arg, point));
  const [first = NOT_A_NUMBER, second = NOT_A_NUMBER] = values;
  switch (name) {
    case 'root':
      return rootOf(first, second, point);
    case 'sin':
      return sine(first);
    case 'cos':
      return first[1] === 0 ? real(Math.cos(first[0])) : sine([Math.PI / 2 - first[0], -first[1]]);
    case 'exp':
      return exponential(first);
    case 'cis':
      return exponential(times([0, 1], first));
    case 'abs':
      return real(magnitude(first));
    case 'ln':
      return realLogarithm(first, point);
    case 'log':
      return over(realLogarithm(first, point), realLogarithm(second, point));
    case 'max':
      return real(Math.max(...values.map(([re]) => re)));
    case 'min':
      return real(Math.min(...values.map(([re]) => re)));
    case 'binomial':
      return real(binomial(first[0], second[0]));
    default:
      if (name.startsWith('apply:')) return unknownFunction(name, values, point);
      if (!Object.hasOwn(REAL_FUNCTIONS, name) || first[1] !== 0) return NOT_A_NUMBER;
      return real(REAL_FUNCTIONS[name]!(first[0]));
  }
}

function realLogarithm(a: Complex, point: Point): Complex {
  return !point.complex && a[0] <= 0 ? NOT_A_NUMBER : logarithm(a);
}

/** n over k, through Γ where k is not whole. */
function binomial(n: number, k: number): number {
  if (!Number.isInteger(k)) return gamma(n) / (gamma(k) * gamma(n - k));
  if (k < 0 || k > 170) return Number.NaN;
  let product = 1;
  for (let j = 1; j <= k; j += 1) product *= (n - k + j) / j;
  return product;
}
