import { describe, expect, it } from 'vitest';
import { answerText, label, optional, required } from './columns.ts';
import { rowsOf } from './testing.ts';

const [row] = rowsOf({ a: null, b: 'x', n: 27, f: '27.0', blank: '', deep: [1] });

describe('columns', () => {
  it('takes the first spelling with something in it', () => {
    expect(optional(row!, ['a', 'b'])).toBe('x');
    expect(optional(row!, ['a', 'c'])).toBeUndefined();
    expect(optional(row!, ['toString', 'constructor'])).toBeUndefined();
    expect(() => required(row!, ['a', 'c'])).toThrow(
      /column "a" or "c" is missing or empty \(columns present: a, b/,
    );
  });

  it('reads labels and answers from texts and numbers', () => {
    expect([
      label(row!, ['n']),
      label(row!, ['blank']),
      answerText(row!, ['n']),
      answerText(row!, ['f']),
    ]).toEqual(['27', undefined, '27', '27']);
    expect(() => label(row!, ['deep'])).toThrow(/column "deep" is not a text or a number: \[1\]/);
    expect(() => answerText(row!, ['blank'])).toThrow(/column "blank" is not an answer/);
  });
});
