import { describe, expect, it } from 'vitest';
import { formatRational } from '../rational.ts';
import { formatPolynomial } from './polynomial.ts';
import { readPolynomial, readValue } from './read-polynomial.ts';

describe('readValue', () => {
  it.each([
    ['2 + 3 * 4', '14'],
    ['(2 + 3) * 4', '20'],
    ['10 - 4 - 3', '3'],
    ['24 / 4 / 2', '3'],
    ['-2^2', '-4'],
    ['2 ** 3', '8'],
    ['2 − 5', '-3'],
    ['6 ÷ 4', '3/2'],
    ['2 × -3', '-6'],
    ['1/2 + 1/3', '5/6'],
    ['2(3 + 4)', '14'],
    ['1,000 + 1', '1001'],
    ['0.1 + 0.2', '3/10'],
  ])('%s = %s', (text, value) => {
    expect(formatRational(readValue(text)!)).toBe(value);
  });

  const bad = [
    '',
    '(',
    '1 +',
    '1 2',
    '1 / 0',
    '2^x',
    'y',
    'x',
    '1 + a',
    '9^99^99',
    '2^100',
    '(1',
    '1)',
    '()',
  ];
  const hostile = [
    `${'('.repeat(450)}1${')'.repeat(450)}`,
    `1${'0'.repeat(300)}`,
    '((9^99)^99)^99',
    '-'.repeat(900),
    '1+'.repeat(100_000),
  ];
  it.each([...bad, ...hostile])('reads %.20s as no number', (text) => {
    expect(readValue(text)).toBeNull();
  });
});

describe('readPolynomial', () => {
  it('multiplies out', () => {
    expect(formatPolynomial(readPolynomial('(2x - 3)(x + 1)')!)).toBe('2x^2 - x - 3');
    expect(formatPolynomial(readPolynomial('y² - y', 'y')!, 'y')).toBe('y^2 - y');
    expect(formatPolynomial(readPolynomial('x^{2}/4')!)).toBe('1/4x^2');
    expect(formatPolynomial(readPolynomial('x - x')!)).toBe('0');
    expect(readPolynomial('1/x')).toBeNull();
    expect(readPolynomial('(x^20)(x)')).toBeNull();
  });
});
