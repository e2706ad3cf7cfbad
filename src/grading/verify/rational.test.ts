import { expect, it } from 'vitest';
import {
  add,
  divide,
  multiply,
  parseDecimal,
  power,
  type Rational,
  rational,
  root,
  round,
  toNumber,
} from './rational.ts';

const of = (n: number, d = 1): Rational => rational(BigInt(n), BigInt(d))!;

it('keeps fractions in lowest terms with a positive denominator', () => {
  expect(rational(6n, -4n)).toEqual({ n: -3n, d: 2n });
  expect(rational(0n, 7n)).toEqual({ n: 0n, d: 1n });
  expect(rational(1n, 0n)).toBeNull();
});

it('computes exactly', () => {
  expect(add(of(1, 3), of(1, 6))).toEqual(of(1, 2));
  expect(multiply(of(2, 3), of(3, 4))).toEqual(of(1, 2));
  expect(divide(of(1, 2), of(0))).toBeNull();
  expect(power(of(2, 3), -2n)).toEqual(of(9, 4));
  expect(power(of(0), -1n)).toBeNull();
  expect(power(of(-1), 10n ** 400n + 1n)).toEqual(of(-1));
});

it('refuses numbers above its size limit instead of computing them', () => {
  expect(power(of(9), 10n ** 100n)).toBeNull();
  expect(power(of(10), 5000n)).toBeNull();
  expect(power(of(2), 2000n)).toEqual({ n: 2n ** 2000n, d: 1n });
  expect(rational(1n << 9000n)).toBeNull();
});

it('takes roots where they are fractions', () => {
  expect(root(of(8, 27), 3)).toEqual(of(2, 3));
  expect(root(of(-8), 3)).toEqual(of(-2));
  expect(root(of(-4), 2)).toBeNull();
  expect(root(of(2), 2)).toBeNull();
  expect(root({ n: 3n ** 60n, d: 1n }, 60)).toEqual(of(3));
});

it('reads decimals, rounds halves away from zero, and converts to doubles', () => {
  expect(parseDecimal('12.50')).toEqual(of(25, 2));
  expect(parseDecimal('.5')).toEqual(of(1, 2));
  expect([of(5, 2), of(-5, 2), of(7, 3)].map(round)).toEqual([3n, -3n, 2n]);
  expect(toNumber(of(1, 3))).toBe(1 / 3);
  expect(toNumber({ n: 10n ** 400n, d: 10n ** 399n })).toBeCloseTo(10, 9);
});
