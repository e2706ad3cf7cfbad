import { describe, expect, it } from 'vitest';
import { isNumber, lastNumber, sameAnswer } from './answer.ts';

describe('sameAnswer', () => {
  it.each([
    ['42', '42.0'],
    ['042', '42'],
    ['+42', '42'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['1,050.70', '1050.7'],
    ['.5 ', ' .5'],
    ['red  blue', ' red blue\n'],
    ['00', '0'],
  ])('%j is %j', (a, b) => {
    expect(sameAnswer(a, b)).toBe(true);
    expect(sameAnswer(b, a)).toBe(true);
  });

  it.each([
    ['42', '-42'],
    ['4 2', '42'],
    ['42.01', '42'],
    ['9007199254740993', '9007199254740992'], // equal as floating point
    ['1e2', '100'], // not a plain number
    ['10,50', '1050'],
    ['', '0'],
    ['red blue', 'blue red'],
    ['Red', 'red'],
    ['NaN', '0'],
  ])('%j is not %j', (a, b) => {
    expect(sameAnswer(a, b)).toBe(false);
    expect(sameAnswer(b, a)).toBe(false);
  });
});

describe('lastNumber', () => {
  it.each([
    ['a 12 b 7 .', '7'],
    ['it is -5', '-5'],
    ['10-3', '3'],
    ['10 - 3', '3'],
    ['3.5.', '3.5'],
    ['costs $1,234.50 now', '1,234.50'],
    ['1,2,3', '3'],
    ['x2', '2'],
    ['步骤3得42。', '42'],
    ['none', null],
    ['', null],
  ])('of %j is %j', (text, expected) => {
    expect(lastNumber(text)).toBe(expected);
  });
});

describe('isNumber', () => {
  it('takes plain numbers only', () => {
    for (const text of ['0', ' 7 ', '-1.5', '1,000', '1000000']) expect(isNumber(text)).toBe(true);
    for (const text of ['', '1e3', '7 apples', '1/2', '１２', '0x10', '1,00'])
      expect(isNumber(text)).toBe(false);
  });
});
