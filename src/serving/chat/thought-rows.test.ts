import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../../text/text-width.ts';
import { takeRows } from './thought-rows.ts';

describe('takeRows', () => {
  it.each([
    ['', [], ''],
    ['one two', [], 'one two'],
    ['one two three', ['one two'], 'three'],
    ['one two\nthree', ['one two'], 'three'],
    ['one\n\n', ['one', ''], ''],
    ['abcdefghijklm', ['abcdefghij'], 'klm'],
    ['想一想想一想', ['想一想想一'], '想'],
    ['a\tb', [], 'a  b'],
  ])('%j in 10 columns', (text, complete, growing) => {
    expect(takeRows(text, 10)).toEqual({ complete, growing });
  });

  it('loses nothing but blanks, and no row is too wide', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '\n', '想', '👩‍🔬', 'é'), maxLength: 60 }),
        (text) => {
          const { complete, growing } = takeRows(text, 7);
          const rows = [...complete, growing];
          expect(rows.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
          for (const row of rows) expect(textWidth(row)).toBeLessThanOrEqual(7);
        },
      ),
    );
  });
});
