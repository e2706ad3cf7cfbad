import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, div, equals, formatRational, mul, parseRational, rational, sub } from './rational.ts';

const fraction = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.bigInt({ min: 1n, max: 10n ** 20n }))
  .map(([num, den]) => rational(num, den));

describe('rational', () => {
  it('keeps lowest terms and a denominator above zero', () => {
    expect(rational(6, -8)).toEqual({ num: -3n, den: 4n });
    expect(rational(0, -5)).toEqual({ num: 0n, den: 1n });
    expect(() => rational(1, 0)).toThrow(RangeError);
  });

  it('computes 1/2 + 1/3, 1/2 − 1/3, 2/3 · 9/4 and 2/3 ÷ 4/9', () => {
    expect(formatRational(add(rational(1, 2), rational(1, 3)))).toBe('5/6');
    expect(formatRational(sub(rational(1, 2), rational(1, 3)))).toBe('1/6');
    expect(formatRational(mul(rational(2, 3), rational(9, 4)))).toBe('3/2');
    expect(formatRational(div(rational(2, 3), rational(4, 9)))).toBe('3/2');
    expect(() => div(rational(1), rational(0))).toThrow(RangeError);
  });

  it('undoes each operation by its inverse, and reads what it writes', () => {
    fc.assert(
      fc.property(fraction, fraction, (a, b) => {
        expect(equals(sub(add(a, b), b), a)).toBe(true);
        if (b.num !== 0n) expect(equals(mul(div(a, b), b), a)).toBe(true);
        expect(parseRational(formatRational(a))).toEqual(a);
      }),
    );
  });
});

describe('parseRational', () => {
  it.each([
    ['3', '3'],
    ['-3', '-3'],
    ['+3', '3'],
    ['−3', '-3'],
    ['- 3', '-3'],
    ['007', '7'],
    [' 12 ', '12'],
    ['0.75', '3/4'],
    ['.5', '1/2'],
    ['5.', '5'],
    ['-0.25', '-1/4'],
    ['1,234,567', '1234567'],
    ['1,234.5', '2469/2'],
    ['6/8', '3/4'],
    ['3 / 4', '3/4'],
    ['3/-4', '-3/4'],
    ['0.5/2', '1/4'],
    ['\\frac{3}{4}', '3/4'],
    ['-\\dfrac{3}{4}', '-3/4'],
    ['1\\frac{3}{4}', '7/4'],
    ['$3$', '3'],
    ['1 3/4', '7/4'],
    ['-1 3/4', '-7/4'],
  ])('reads %s as %s', (text, value) => {
    expect(formatRational(parseRational(text)!)).toBe(value);
  });

  it.each([
    '',
    ' ',
    '.',
    '-',
    '1/0',
    '1/0.0',
    '/',
    '1/',
    '/2',
    '1/2/3',
    '1 2',
    '0 1/2',
    '1 -1/2',
    '1,23',
    '12a',
    '1e5',
    '0x1f',
    'NaN',
    'Infinity',
    '--1',
    '9'.repeat(401),
  ])('reads %j as no number', (text) => {
    expect(parseRational(text)).toBeNull();
  });
});
