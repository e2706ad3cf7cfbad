import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { approximates, fastLeaf } from './expressions.ts';
import { parseAnswer } from './parser.ts';
import { readAnswer } from './read.ts';
import { foldWords, isWords } from './words.ts';

const outcome = (a: string, b: string) => compare(readAnswer(a)!, readAnswer(b)!, fastLeaf);

describe('comparing', () => {
  it('is reflexive and symmetric between exact values (property)', () => {
    const number = fc.integer({ min: -999, max: 999 });
    fc.assert(
      fc.property(number, fc.integer({ min: 1, max: 99 }), number, (n, d, m) => {
        expect(outcome(`\\frac{${n}}{${d}}`, `${2 * n}/${2 * d}`)).toBe('equal');
        expect(outcome(`\\frac{${n}}{${d}}`, `${m}`)).toBe(outcome(`${m}`, `\\frac{${n}}{${d}}`));
        expect(outcome(`${n}`, `${m}`)).toBe(n === m ? 'equal' : 'different');
      }),
    );
  });

  it('ignores the order of lists and sets, not of tuples (property)', () => {
    const items = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(items, (values) => {
        const turned = [...values].reverse();
        expect(outcome(values.join(', '), turned.join(', '))).toBe('equal');
        expect(outcome(`\\{${values.join(', ')}\\}`, `\\{${turned.join(', ')}\\}`)).toBe('equal');
        expect(outcome(`(${values.join(', ')})`, `(${turned.join(', ')})`)).toBe('different');
      }),
    );
  });

  it.each([
    ['0.785398', '\\frac{\\pi}{4}', true],
    ['0.785399', '\\frac{\\pi}{4}', false],
    ['0.78540', '\\frac{\\pi}{4}', false],
    ['0.333333', '1/3', true],
    ['0.33333', '1/3', false],
    ['1234567', '1234567.2', false],
    ['3.14159', '3.1415926', true],
    ['12345.6', '12345.64', false],
    ['1.41421\\times 10^3', '1000\\sqrt2', true],
  ])('%s stands for %s: %s', (decimal, exactly, expected) => {
    expect(approximates(parseAnswer(decimal), parseAnswer(exactly))).toBe(expected);
    expect(approximates(parseAnswer(exactly), parseAnswer(decimal))).toBe(expected);
  });

  it('tells words from mathematics', () => {
    expect(['Tuesday', 'no solution', 'yes', 'Tom', '北京'].map((text) => isWords(text, false))).toEqual(
      Array(5).fill(true),
    );
    expect(['x', 'ab', 'sin x', 'pi', '2 or 3', 'x or y'].map((text) => isWords(text, false))).toEqual(
      Array(6).fill(false),
    );
    expect(foldWords(' The  Hyper-bola. ')).toBe('hyper bola');
  });
});
