import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { padEnd, padStart, printable, textWidth, truncate, wrap } from './text-width.ts';

describe('textWidth', () => {
  it.each([
    ['abc', 3],
    ['求 35 ?', 7],
    ['한국어', 6],
    ['ｗｉｄｅ', 8],
    ['é', 1],
    ['e\u0301', 1],
    ['👍🏽', 2],
    ['✓ ✗ │ … ▁█', 10],
    ['\u001b[31mred\u001b[39m', 3],
    ['', 0],
    ['𠮷', 2],
    ['a\u200bb', 2],
  ])('%j takes %d columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

describe('padding and cutting', () => {
  it('counts columns, not characters', () => {
    expect(padEnd('求', 4)).toBe('求  ');
    expect(padStart('求', 4)).toBe('  求');
    expect(padEnd('abcdef', 3)).toBe('abcdef');
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('求求求', 4)).toBe('求…');
    expect(truncate('求求', 4)).toBe('求求');
    expect(truncate('abc', 0)).toBe('');
  });
});

describe('wrap', () => {
  it('breaks at spaces, in long words, and between wide characters', () => {
    expect(wrap('then 25 plus 3', 8)).toEqual(['then 25', 'plus 3']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('再乘三得七十五', 6)).toEqual(['再乘三', '得七十', '五']);
    expect(wrap('a 再乘三', 5)).toEqual(['a 再', '乘三']);
    expect(wrap('one\n\ntwo', 10)).toEqual(['one', '', 'two']);
    expect(wrap('', 10)).toEqual(['']);
  });

  it('keeps every visible character and the width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (raw, width) => {
        const text = printable(raw);
        const lines = wrap(text, width);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      }),
    );
  });
});

describe('printable', () => {
  it('disarms what could drive the terminal', () => {
    expect(printable('a\u001b[2Jb\u0007\u009b1mc')).toBe('a�[2Jb��1mc');
    expect(printable('a\r\nb\tc\rd')).toBe('a\nb  c�d');
    expect(printable('x\u202ey\u2028z')).toBe('x�y\nz');
    expect(printable('再 → é')).toBe('再 → é');
  });
});
