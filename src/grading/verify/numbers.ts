/** @file Numbers as they are written: decimals with their precision, powers of ten, periods. */
import type { Node } from './node.ts';
import { parseDecimal, power, type Rational, rational } from './rational.ts';
import { ReadError } from './read-error.ts';

/** A number as it was written: exact value, and the precision of a decimal. */
export function numberNode(text: string): Node {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const plain = parseDecimal(mantissa);
  const scale = power({ n: 10n, d: 1n }, BigInt(exponent));
  const value = plain && scale && scaleBy(plain, scale);
  if (value === null) throw new ReadError('a number too long');
  const decimals = mantissa.split('.')[1] ?? '';
  const digits = mantissa.replace('.', '').replace(/^0+/, '').length;
  const precision = decimals === '' ? null : { places: decimals.length - Number(exponent), digits };
  return { kind: 'number', value, precision };
}

function scaleBy(a: Rational, b: Rational): Rational | null {
  return rational(a.n * b.n, a.d * b.d);
}

/** Whether a node is a whole number. */
export const isWhole = (node: Node | null): boolean => node?.kind === 'number' && node.value.d === 1n;

/** The digits of a whole number. Throws ReadError for anything else. */
export function digitsOf(node: Node): string {
  if (node.kind !== 'number' || node.value.d !== 1n) throw new ReadError('a period that is not digits');
  return `${node.value.n}`;
}

/** a.bc(d): the exact fraction. */
export function repeating(head: string, period: string): Node {
  const decimals = head.split('.')[1]!.length;
  const nines = 10n ** BigInt(period.length) - 1n;
  const start = parseDecimal(head)!;
  const value = rational(
    start.n * ((nines * 10n ** BigInt(decimals)) / start.d) + BigInt(period),
    nines * 10n ** BigInt(decimals),
  );
  if (value === null) throw new ReadError('a number too long');
  return { kind: 'number', value, precision: null };
}
