import { describe, expect, it } from 'vitest';
import { compareByEngine } from './engine.ts';
import { toMathJson } from './mathjson.ts';
import { parseAnswer } from './parser.ts';

describe('the engine', () => {
  it.each([
    ['\\int_0^1 x^2 dx', '1/3', 'equal'],
    ['\\int_0^1 x^2 dx', '1/2', 'different'],
    ['\\sum_{k=1}^{n} k', '\\frac{n(n+1)}{2}', 'equal'],
    ['\\sum_{k=1}^{n} k', '\\frac{n(n-1)}{2}', 'different'],
    ['e^{\\pi\\sqrt{163}}', '262537412640768744', 'different'],
    ['10^{12}\\sqrt{2}', '\\sqrt{2\\cdot 10^{24}}', 'equal'],
    ['\\nosuch{3}', '3', 'unreadable'],
    ['3', '\\nosuch{3}', 'different'],
    ['\\nosuch{3}', '', 'unreadable'],
    ['3', '', 'different'],
  ])('%s and %s: %s', (reference, answer, outcome) => {
    expect(compareByEngine(reference, answer)).toBe(outcome);
  });

  it('is given trees in its own form', () => {
    expect(toMathJson(parseAnswer('\\frac{x_1}{2}+\\pi'))).toEqual([
      'Add',
      ['Divide', 'vxz95z1', { num: '2' }],
      'Pi',
    ]);
    expect(toMathJson(parseAnswer('(1,2)'))).toBeNull();
  });
});
