import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnFrom, MAX_EXPRESSION_LENGTH, readExpression, searchExpressions } from './expression.ts';

describe('readExpression', () => {
  it.each([
    ['2 + 3 * 4', 14n, 1n],
    ['(2 + 3) * 4', 20n, 1n],
    ['2 - 3 - 4', -5n, 1n],
    ['8 / 4 / 2', 1n, 1n],
    ['8 / (3 - 8 / 3)', 24n, 1n],
    ['1 / 3 + 1 / 6', 1n, 2n],
    ['((7))', 7n, 1n],
  ])('%s', (text, num, den) => {
    expect(readExpression(text)?.value).toEqual({ num, den });
  });

  it.each([
    '',
    '()',
    '2 +',
    '+ 2',
    '2 2',
    '2 (3)',
    '1.5',
    '2^3',
    '1/0',
    '1/(2-2)',
    'x',
    ')',
    '1e3',
    '1234567890',
  ])('refuses %j', (text) => {
    expect(readExpression(text)).toBeNull();
  });

  it('limits depth and length', () => {
    expect(readExpression(`${'('.repeat(30)}1${')'.repeat(30)}`)).not.toBeNull();
    expect(readExpression(`${'('.repeat(100)}1${')'.repeat(100)}`)).toBeNull();
    expect(readExpression(`1${'+1'.repeat(MAX_EXPRESSION_LENGTH)}`)).toBeNull();
  });

  it('agrees with the tree an expression was written from', () => {
    const operations = {
      '+': (a: bigint, b: bigint) => a + b,
      '-': (a: bigint, b: bigint) => a - b,
      '*': (a: bigint, b: bigint) => a * b,
    };
    const { tree } = fc.letrec<{ tree: { text: string; value: bigint } }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.nat({ max: 99 }).map((number) => ({ text: String(number), value: BigInt(number) })),
        fc.tuple(tie('tree'), fc.constantFrom('+', '-', '*'), tie('tree')).map(([a, operator, b]) => ({
          text: `(${a.text} ${operator} ${b.text})`,
          value: operations[operator](a.value, b.value),
        })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        fc.pre(text.length < 200);
        expect(readExpression(text)?.value).toEqual({ num: value, den: 1n });
      }),
    );
  });
});

describe('searchExpressions', () => {
  it('goes through every way', () => {
    const found: string[] = [];
    searchExpressions([2, 3], 6, true, (text) => found.push(text) > 0);
    expect(found).toEqual(['2 * 3']);
  });
});

describe('drawnFrom', () => {
  it('counts', () => {
    expect(drawnFrom([1, 1], [1, 2, 1])).toBe(true);
    expect(drawnFrom([1, 1], [1, 2])).toBe(false);
    expect(drawnFrom([], [])).toBe(true);
  });
});
