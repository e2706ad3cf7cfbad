import { expect, it } from 'vitest';
import { MAX_LENGTH, tokenize } from './lexer.ts';
import { ReadError } from './read-error.ts';

const values = (text: string): string[] => tokenize(text).map(({ kind, value }) => `${kind}:${value}`);

it.each([
  ['1,234', ['number:1234']],
  ['1, 234', ['number:1', 'separator:,', 'number:234']],
  ['1,23', ['number:1', 'separator:,', 'number:23']],
  ['(1,234)', ['sign:(', 'number:1', 'separator:,', 'number:234', 'sign:)']],
  ['(1,000, 2)', ['sign:(', 'number:1000', 'separator:,', 'number:2', 'sign:)']],
  ['1{,}234', ['number:1234']],
  ['3{,}14', ['number:3.14']],
  ['1.234,5', ['number:1234.5']],
  ['10 000', ['number:10000']],
  ['3e8', ['number:3e8']],
  ['2xy', ['number:2', 'symbol:x', 'symbol:y']],
  ['sin x', ['function:sin', 'symbol:x']],
  ['5 cm', ['number:5', 'unit:cm']],
  ['5 m', ['number:5', 'unit:m']],
  ['5m', ['number:5', 'symbol:m']],
  ['r^2 h', ['symbol:r', 'sign:^', 'number:2', 'symbol:h']],
  ['5\\text{ apples}', ['number:5', 'word:apples']],
  ['2 or 3', ['number:2', 'separator:or', 'number:3']],
  ['2\\text{ and }3', ['number:2', 'separator:and', 'number:3']],
])('cuts %j', (text, expected) => {
  expect(values(text)).toEqual(expected);
});

it('refuses what is too long or has too many tokens', () => {
  expect(() => tokenize('1'.repeat(MAX_LENGTH + 1))).toThrow(ReadError);
  expect(() => tokenize('+'.repeat(MAX_LENGTH))).toThrow(ReadError);
  expect(() => tokenize('\\text{a')).toThrow(ReadError);
});
