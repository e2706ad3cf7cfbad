/** @file A value and its unit, taken apart. */
import { type Node, some, whole } from './node.ts';
import { divide, multiply, ONE, power, type Rational } from './rational.ts';
import { unitName, unitOf } from './units.ts';

/** value × factor × the base units of the dimensions. */
export interface Quantity {
  readonly value: Node;
  /** Exponent of each dimension; none for a bare number. */
  readonly dimensions: ReadonlyMap<string, number>;
  /** What one of the written unit is in base units. */
  readonly factor: Rational;
}

interface Parts {
  readonly top: Node[];
  readonly bottom: Node[];
  readonly dimensions: Map<string, number>;
  factor: Rational;
}

function addUnit(parts: Parts, name: string, exponent: number): void {
  const unit = unitOf(unitName(name.replace(/^word:/, '')));
  if (unit === null) return;
  const scale = power(unit.factor, BigInt(exponent)) ?? ONE;
  parts.factor = multiply(parts.factor, scale) ?? ONE;
  for (const [i, dimension] of unit.dimension.split('/').entries()) {
    const sum = (parts.dimensions.get(dimension) ?? 0) + (i === 0 ? exponent : -exponent);
    if (sum === 0) parts.dimensions.delete(dimension);
    else parts.dimensions.set(dimension, sum);
  }
}

/** Sorts the factors of a product into units and the rest. */
function collect(node: Node, sign: 1 | -1, parts: Parts): void {
  if (node.kind === 'product') for (const factor of node.factors) collect(factor, sign, parts);
  else if (node.kind === 'quotient' && hasUnits(node)) {
    collect(node.top, sign, parts);
    collect(node.bottom, sign === 1 ? -1 : 1, parts);
  } else if (node.kind === 'negative' && hasUnits(node)) {
    parts.top.push(whole(-1));
    collect(node.of, sign, parts);
  } else if (node.kind === 'unit') addUnit(parts, node.name, sign);
  else if (node.kind === 'power' && node.base.kind === 'unit') {
    const { exponent } = node;
    const size = exponent.kind === 'negative' ? exponent.of : exponent;
    const k = size.kind === 'number' && size.value.d === 1n && size.value.n < 10n ? Number(size.value.n) : 1;
    addUnit(parts, node.base.name, sign * (exponent.kind === 'negative' ? -k : k));
  } else (sign === 1 ? parts.top : parts.bottom).push(node);
}

export function hasUnits(node: Node): boolean {
  return some(node, ({ kind }) => kind === 'unit');
}

function joined(factors: readonly Node[]): Node {
  return factors.length === 1 ? factors[0]! : { kind: 'product', factors };
}

/** The quantity an expression is; `2 ft 6 in` in its first unit. Degrees inside functions stay where they are. */
export function quantityOf(node: Node): Quantity {
  if (!hasUnits(node)) return { value: node, dimensions: new Map(), factor: ONE };
  if (node.kind === 'sum') return sumOf(node.terms) ?? { value: node, dimensions: new Map(), factor: ONE };
  const parts: Parts = { top: [], bottom: [], dimensions: new Map(), factor: ONE };
  collect(node, 1, parts);
  const top = joined(parts.top);
  const value: Node =
    parts.bottom.length === 0 ? top : { kind: 'quotient', top, bottom: joined(parts.bottom) };
  return { value, dimensions: parts.dimensions, factor: parts.factor };
}

/** A sum of quantities of one dimension; null where they differ. */
function sumOf(terms: readonly Node[]): Quantity | null {
  const quantities = terms.map(quantityOf);
  const [first] = quantities;
  if (first === undefined || first.dimensions.size === 0) return null;
  const values: Node[] = [];
  for (const { value, dimensions, factor } of quantities) {
    const scale = divide(factor, first.factor);
    if (!sameDimensions(dimensions, first.dimensions) || scale === null) return null;
    values.push({ kind: 'product', factors: [{ kind: 'number', value: scale, precision: null }, value] });
  }
  return { ...first, value: { kind: 'sum', terms: values } };
}

export function sameDimensions(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([name, exponent]) => b.get(name) === exponent);
}
