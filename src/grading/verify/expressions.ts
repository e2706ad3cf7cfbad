/**
 * @file Equality of two expressions, with their units and written precision.
 *
 * Exact fractions first, then identity testing of rational functions, then values at sample points. "unknown" is left to
 * the engine.
 */
import { exact } from './exact.ts';
import { sameRationalFunction } from './modular.ts';
import { canonical, type Node, type Precision, some } from './node.ts';
import { type Quantity, quantityOf, sameDimensions } from './quantity.ts';
import { equalRationals, multiply, power, type Rational, round, toNumber } from './rational.ts';
import { type Outcome, realValue, sameValues } from './sampling.ts';

/** A rounded decimal stands for an exact value from this many significant digits on. */
export const MIN_DIGITS = 6;
/** A rounded decimal stands for a longer one from this many decimal places on as well. */
const MIN_PLACES = 4;

/** Decides whether two expressions without units are equal. */
export type Leaf = (reference: Node, answer: Node) => Outcome;

/** A decimal as it was written, with its sign and power of ten. */
export interface Decimal extends Precision {
  readonly value: Rational;
}

/** Most digits of a decimal that a double can be compared with. */
const DOUBLE_DIGITS = 15;

/** The number and its precision, where an expression is a decimal, perhaps with a sign or a power of ten. */
export function decimalOf(node: Node): Decimal | null {
  if (node.kind === 'number') return node.precision && { value: node.value, ...node.precision };
  if (node.kind === 'negative') {
    const of = decimalOf(node.of);
    return of && { ...of, value: { n: -of.value.n, d: of.value.d } };
  }
  if (node.kind !== 'product' || node.factors.length !== 2) return null;
  const [left, right] = node.factors as [Node, Node];
  const mantissa = decimalOf(left);
  if (mantissa === null || right.kind !== 'power') return null;
  const [base, exponent, value] = [exact(right.base), exact(right.exponent), exact(node)];
  if (base?.n !== 10n || base.d !== 1n || exponent?.d !== 1n || value === null) return null;
  return { value, digits: mantissa.digits, places: mantissa.places - Number(exponent.n) };
}

/** Whether `other` rounds to the decimal at its last digit. */
function roundsTo(decimal: Decimal, other: Node): boolean {
  const scale = power({ n: 10n, d: 1n }, BigInt(decimal.places));
  const fraction = exact(other);
  if (scale === null) return false;
  if (fraction !== null) {
    const [given, target] = [multiply(fraction, scale), multiply(decimal.value, scale)];
    return given !== null && target !== null && round(given) === round(target);
  }
  const value = decimal.digits > DOUBLE_DIGITS ? null : realValue(other);
  if (value === null || !Number.isFinite(value)) return false;
  const target = toNumber(decimal.value);
  const unit = 10 ** -decimal.places;
  return Math.abs(value - target) <= 0.5 * unit + Math.abs(target) * 1e-15;
}

/** Whether one side is a rounded form of the other; see MIN_DIGITS. */
export function approximates(a: Node, b: Node): boolean {
  const [left, right] = [decimalOf(a), decimalOf(b)];
  if (left !== null && right !== null) {
    const [short, long] = left.places <= right.places ? [left, b] : [right, a];
    return short.digits >= MIN_DIGITS && short.places >= MIN_PLACES && roundsTo(short, long);
  }
  const [decimal, other] = left !== null ? [left, b] : [right, a];
  return decimal !== null && decimal.digits >= MIN_DIGITS && roundsTo(decimal, other);
}

/** Decides without the engine. */
export function fastLeaf(reference: Node, answer: Node): Outcome {
  const [a, b] = [exact(reference), exact(answer)];
  if (a !== null && b !== null) {
    return equalRationals(a, b) || approximates(reference, answer) ? 'equal' : 'different';
  }
  if (canonical(reference) === canonical(answer)) return 'equal';
  const infinite = (node: Node): boolean =>
    some(node, (part) => part.kind === 'constant' && part.name === 'infinity');
  if (infinite(reference) || infinite(answer)) {
    return realValue(reference) === realValue(answer) ? 'equal' : 'different';
  }
  const same = sameRationalFunction(reference, answer);
  if (same === true) return 'equal';
  const outcome = same === false ? 'different' : sameValues(reference, answer);
  if (outcome === 'equal' || approximates(reference, answer)) return 'equal';
  return isLongDecimal(reference, answer) ? 'unknown' : outcome;
}

/** Whether one side is a decimal with more digits than a double, and the other agrees with it as far as that shows. */
function isLongDecimal(a: Node, b: Node): boolean {
  const [left, right] = [decimalOf(a), decimalOf(b)];
  const [decimal, other] = left !== null ? [left, b] : [right, a];
  if (decimal === null || decimal.digits <= DOUBLE_DIGITS) return false;
  const value = realValue(other);
  const target = toNumber(decimal.value);
  return value !== null && Math.abs(value - target) <= 1e-14 * Math.abs(target);
}

function scaled({ value, factor }: Quantity): Node {
  if (factor.n === factor.d) return value;
  const scale: Node = { kind: 'number', value: factor, precision: null };
  return value.kind === 'product'
    ? { kind: 'product', factors: [...value.factors, scale] }
    : { kind: 'product', factors: [value, scale] };
}

const times = (node: Node, n: bigint, d: bigint): Node => ({
  kind: 'product',
  factors: [node, { kind: 'number', value: { n, d }, precision: null }],
});

/** The first outcome that is "equal", else "unknown" if any is, else "different". */
export function anyOf(...tries: readonly (() => Outcome)[]): Outcome {
  let result: Outcome = 'different';
  for (const attempt of tries) {
    const outcome = attempt();
    if (outcome === 'equal') return 'equal';
    if (outcome === 'unknown') result = 'unknown';
  }
  return result;
}

/** Takes one dimension out of a quantity. */
function without({ value, dimensions, factor }: Quantity, name: string): Quantity {
  return { value, factor, dimensions: new Map([...dimensions].filter(([dimension]) => dimension !== name)) };
}

/**
 * Whether two expressions are equal. A unit on one side only is passed over; n % is n/100 as well as n without a sign;
 * degrees are radians where the other side has no unit and π.
 */
export function compareExpressions(reference: Node, answer: Node, leaf: Leaf): Outcome {
  const [a, b] = [quantityOf(reference), quantityOf(answer)];
  const [percentA, percentB] = [a.dimensions.has('percent'), b.dimensions.has('percent')];
  if (percentA !== percentB) {
    const [p, q] = [without(a, 'percent'), without(b, 'percent')];
    if (p.dimensions.size > 0 && q.dimensions.size > 0) return 'different';
    return anyOf(
      () =>
        leaf(percentA ? times(p.value, 1n, 100n) : p.value, percentB ? times(q.value, 1n, 100n) : q.value),
      () => leaf(p.value, q.value),
    );
  }
  if (a.dimensions.size > 0 && b.dimensions.size > 0) {
    if (!sameDimensions(a.dimensions, b.dimensions)) return angleOutcome(a, b, leaf);
    const same = a.factor.n === b.factor.n && a.factor.d === b.factor.d;
    return same ? leaf(a.value, b.value) : leaf(scaled(a), scaled(b));
  }
  const direct = leaf(a.value, b.value);
  return direct === 'equal'
    ? direct
    : anyOf(
        () => direct,
        () => angleOutcome(a, b, leaf),
      );
}

/** What makes a bare value an angle: π, or an inverse function. */
function isAngleSource(node: Node): boolean {
  return (
    (node.kind === 'constant' && node.name === 'pi') || (node.kind === 'call' && node.name.startsWith('arc'))
  );
}

/** 45° against π/4 or π/4 rad. */
function angleOutcome(a: Quantity, b: Quantity, leaf: Leaf): Outcome {
  const radians = (quantity: Quantity): Node | null => {
    const [name] = [...quantity.dimensions.keys()];
    if (name === 'angle') {
      const turn: Node = {
        kind: 'quotient',
        top: { kind: 'constant', name: 'pi' },
        bottom: times({ kind: 'number', value: { n: 180n, d: 1n }, precision: null }, 1n, 1n),
      };
      return { kind: 'product', factors: [scaled(quantity), turn] };
    }
    const isAngle = some(quantity.value, isAngleSource);
    return name === 'rad' || (name === undefined && isAngle) ? quantity.value : null;
  };
  const [left, right] = [radians(a), radians(b)];
  if (left === null || right === null || a.dimensions.has('angle') === b.dimensions.has('angle'))
    return 'different';
  return leaf(left, right);
}
