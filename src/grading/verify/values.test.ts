/** @file The three evaluators: exact, in a prime field, and in doubles; and their tests of equality. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import { type Complex, exponential, logarithm, over, raise, times } from './complex.ts';
import { exact } from './exact.ts';
import { sameRationalFunction } from './modular.ts';
import { evaluate } from './numeric.ts';
import { parseAnswer } from './parser.ts';
import { proportion, realValue, sameValues } from './sampling.ts';

const at = (x: number, complex = false) => ({ complex, value: () => x });
const value = (text: string, x = 0, complex = false): Complex => evaluate(parseAnswer(text), at(x, complex));
const parts = (a: string, b: string) => [parseAnswer(a), parseAnswer(b)] as const;

describe('exact', () => {
  it.each([
    ['1/2 + 1/3', 5n, 6n],
    ['2^{-3}', 1n, 8n],
    ['8^{2/3}', 4n, 1n],
    ['\\sqrt{1.44}', 6n, 5n],
    ['\\binom{10}{3}', 120n, 1n],
    ['\\lfloor -3/2 \\rfloor', -2n, 1n],
    ['\\gcd(12, 18)', 6n, 1n],
    ['\\log_2 (1/8)', -3n, 1n],
    ['5!', 120n, 1n],
    ['\\Gamma(5)', 24n, 1n],
    ['\\operatorname{lcm}(-12, 4)', 12n, 1n],
    ['\\operatorname{sgn}(-3)', -1n, 1n],
  ])('%s', (text, n, d) => {
    expect(exact(parseAnswer(text))).toEqual({ n, d });
  });

  it.each([
    '\\sqrt2',
    '\\pi',
    'x',
    '1/0',
    '0^0',
    '9^{9^{9^9}}',
    '1000000!',
    '\\binom{1000000}{500000}',
    '2^{10000000}',
  ])('%s has none, at once', (text) => {
    const start = cpuMilliseconds();
    expect(exact(parseAnswer(text))).toBeNull();
    expect(cpuMilliseconds() - start).toBeLessThan(500);
  });
});

describe('identity in a prime field', () => {
  it.each([
    ['(x+1)^2', 'x^2+2x+1', true],
    ['(x+1)^2', 'x^2+2x', false],
    ['(x+y+z)^{200}', '(z+y+x)^{200}', true],
    ['\\frac{x^2-1}{x-1}', 'x+1', true],
    ['2^{5000}+1', '2^{5000}+2', false],
    ['2\\pi x', 'x\\pi + \\pi x', true],
    ['\\sqrt{x}', 'x', null],
    ['\\frac{1}{2004!}', '\\frac{1}{2006!}', false],
    ['\\frac{2005}{2005!}', '\\frac{1}{2004!}', true],
    ['\\frac{\\pi}{2004!}', '-\\frac{\\pi}{2004!}', false],
    ['4000!', '4000!', null],
    ['2^{7000}x', '2^{7061}x', false], // 2 has order 61 mod 2⁶¹ − 1
  ])('%s and %s: %s', (a, b, same) => {
    expect(sameRationalFunction(...parts(a, b))).toBe(same);
  });

  it('agrees with expanding (property)', () => {
    const small = fc.integer({ min: -20, max: 20 });
    fc.assert(
      fc.property(small, small, small, (a, b, c) => {
        const product = `(x+(${a}))(x+(${b}))`;
        const expanded = `x^2+(${a + b})x+(${a * b})`;
        expect(sameRationalFunction(...parts(product, expanded))).toBe(true);
        expect(sameRationalFunction(...parts(product, `${expanded}+(${c})`))).toBe(c === 0);
      }),
    );
  });
});

describe('values in doubles', () => {
  it.each([
    ['\\sin 30^\\circ', 0.5],
    ['\\sqrt[3]{-8}', -2],
    ['(-8)^{1/3}', -2],
    ['\\log 1000', 3],
    ['\\arctan 1', Math.PI / 4],
    ['|2-5|', 3],
    ['(1/2)!', Math.sqrt(Math.PI) / 2],
    ['\\binom{5}{2}', 10],
    ['\\lceil 2.1 \\rceil', 3],
    ['\\operatorname{sech} 1', 0.6480542736638855],
    ['\\operatorname{csch} 1', 0.8509181282393216],
    ['\\coth 1', 1.3130352854993312],
    ['\\operatorname{arsinh} 1', 0.881373587019543],
    ['\\operatorname{erf}(1)', 0.8427007929497149],
    ['\\operatorname{erf}(-3)', -0.9999779095030014],
    ['\\operatorname{erfc}(0.5)', 0.4795001221869535],
    ['\\Gamma(1/2)', 1.772453850905516],
    ['\\operatorname{arccot}(1)', 0.7853981633974483],
  ])('%s = %d', (text, expected) => {
    const [re, im] = value(text);
    expect(re).toBeCloseTo(expected, 12);
    expect(im).toBeCloseTo(0, 12);
  });

  it('has none over the reals where only complex numbers have one', () => {
    expect(value('\\sqrt{-4}')[0]).toBeNaN();
    expect(value('\\sqrt{-4}', 0, true)[1]).toBeCloseTo(2, 12);
    expect(value('\\ln(-1)')[0]).toBeNaN();
    expect(value('e^{i\\pi}', 0, true)[0]).toBeCloseTo(-1, 12);
  });

  it('computes with complex numbers', () => {
    expect(times([1, 1], [1, -1])).toEqual([2, 0]);
    expect(over([1, 0], [0, 1])).toEqual([0, -1]);
    expect(over([1, 0], [0, 0])[0]).toBeNaN();
    expect(raise([0, 1], [2, 0])).toEqual([-1, 0]);
    const [re, im] = exponential(logarithm([-3, 4]));
    expect([re, im].map((part) => Math.round(part * 1e9) / 1e9)).toEqual([-3, 4]);
  });
});

describe('comparing by values', () => {
  it.each([
    ['\\sin 2x', '2\\sin x\\cos x', 'equal'],
    ['\\sin 2x', '2\\sin x', 'different'],
    ['\\sqrt{x^2}', 'x', 'different'],
    ['\\sqrt{x}\\sqrt{y}', '\\sqrt{xy}', 'equal'],
    ['\\sqrt{2}', '1.4142135', 'unknown'],
    ['e^{\\pi\\sqrt{163}}', '262537412640768744', 'unknown'],
    ['(1+i)^2', '2i', 'equal'],
    ['1/0', '1/0', 'unknown'],
    ['10^{-50}\\sqrt2', '10^{-50}\\sqrt3', 'different'],
    ['10^{-50}\\sqrt2', '2\\cdot10^{-50}/\\sqrt2', 'equal'],
    ['(\\sqrt2-1)^{100}', '0', 'different'],
    ['(\\sqrt2-1)^{1000}', '0', 'unknown'],
    ['\\sqrt2+10^{-18}', '\\sqrt2', 'unknown'],
    ['\\sqrt{10^{12}+1}', '10^6', 'unknown'],
  ])('%s and %s: %s', (a, b, outcome) => {
    expect(sameValues(...parts(a, b))).toBe(outcome);
  });

  it('finds the constant between two sides of equations', () => {
    expect(proportion(...parts('2x-4', 'x-2'))).toBe('positive');
    expect(proportion(...parts('4-2x', 'x-2'))).toBe('negative');
    expect(proportion(...parts('x-2', 'x-3'))).toBe('none');
    expect(proportion(...parts('0', 'x'))).toBe('none');
    expect(proportion(...parts('x^2+y^2-4', 'x^2+y^2-4.000000001'))).toBe('none');
  });

  it('gives real constants only', () => {
    expect(realValue(parseAnswer('-\\infty'))).toBe(Number.NEGATIVE_INFINITY);
    expect(realValue(parseAnswer('x'))).toBeNull();
    expect(realValue(parseAnswer('10^{400}'))).toBeNull();
    expect(realValue(parseAnswer('i'))).toBeNull();
  });
});
