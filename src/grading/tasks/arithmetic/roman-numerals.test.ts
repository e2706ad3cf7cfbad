import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { romanNumerals } from './roman-numerals.ts';

const solve = (shown: string, toRoman: boolean) =>
  romanNumerals.solve({ text: '', answer: '', meta: { shown, toRoman } })[0];

describe('roman-numerals', () => {
  it.each([
    ['1994', 'MCMXCIV'],
    ['3888', 'MMMDCCCLXXXVIII'],
    ['49', 'XLIX'],
    ['4', 'IV'],
  ])('%s is %s', (number, numeral) => {
    expect(solve(number, true)).toBe(numeral);
    expect(solve(numeral, false)).toBe(number);
  });

  it('adds', () => {
    expect(solve('XL + II', false)).toBe('42');
    expect(solve('40 + 9 + 1', true)).toBe('L');
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 300; i++) {
      const problem = romanNumerals.generate(Random.derive(i, 'roman'), 1 + (i % romanNumerals.levels));
      expect(romanNumerals.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('wants the usual form', () => {
    const problem = { text: '', answer: 'XLIX', meta: { toRoman: true } };
    expect(romanNumerals.score('xlix.', problem)).toBe(1);
    for (const wrong of ['IL', 'XXXXIX', '49']) expect(romanNumerals.score(wrong, problem)).toBe(0);
  });
});
