import { describe, expect, it } from 'vitest';
import { parseAnswer } from './parser.ts';
import { isApart, losesDigits, underflows } from './rounding.ts';

const POINT = { complex: true, value: () => 1 };

describe('what doubles cannot show', () => {
  it.each([
    ['(\\sqrt2-1)^{1000}', true],
    ['\\frac{1}{10^{200}\\cdot 10^{200}}', true],
    ['1 + e^{-1000}', true],
    ['(\\sqrt2-1)^{100}', false],
    ['0 \\cdot \\sqrt2', false],
    ['\\sin 0', false],
  ])('%s vanishes: %s', (text, vanishes) => {
    expect(underflows(parseAnswer(text), POINT)).toBe(vanishes);
  });

  it.each([
    ['\\sqrt2 + 10^{-18}', true],
    ['\\sin(x + 10^{-18})', true],
    ['1.00000000000000000001', true],
    ['10^{20}\\sqrt2', false],
    ['\\sqrt2 + 10^{-6}', false],
    ['\\sqrt2 + 0', false],
  ])('%s loses digits: %s', (text, loses) => {
    expect(losesDigits(parseAnswer(text), 13, POINT)).toBe(loses);
  });

  it('tells small differences from rounding by the error of both sides', () => {
    const apart = (a: string, b: string, gap: number): boolean =>
      isApart(parseAnswer(a), parseAnswer(b), gap, POINT);
    expect(apart('10^{-50}\\sqrt2', '10^{-50}\\sqrt3', 3e-51)).toBe(true);
    expect(apart('(\\sqrt2-1)^{100}', '0', 5e-39)).toBe(true);
    expect(apart('\\sqrt2-\\sqrt2', '0', 2e-16)).toBe(false);
    expect(apart('\\sin(10^{-50})', '0', 1e-50)).toBe(false); // not estimated
  });
});
