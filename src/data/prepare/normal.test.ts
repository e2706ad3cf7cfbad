import { describe, expect, it } from 'vitest';
import { normalForm, wordsAndSigns, wordsOf } from './normal.ts';

describe('normal forms', () => {
  it('folds case, width and white space, and keeps signs', () => {
    expect(normalForm('  What  is\n２ + 3 ? ')).toBe('what is 2 + 3 ?');
    expect(normalForm('2 + 3')).not.toBe(normalForm('2 * 3'));
  });

  it('splits into words, signs left out', () => {
    expect(wordsOf("Let $x^2$ be Ann's 1,200.")).toEqual(['let', 'x', '2', 'be', 'ann', 's', '1', '200']);
    expect(wordsAndSigns('a+b')).toEqual(['a', '+', 'b']);
  });

  it('counts each character as a word where a script has no spaces', () => {
    expect(wordsOf('求x的值，其中n＝3')).toEqual(['求', 'x', '的', '值', '其', '中', 'n', '3']);
    expect(wordsOf('ที่한국어')).toEqual(['ที่', '한국어']);
  });

  it('takes time linear in the text', () => {
    expect(wordsOf('汉'.repeat(200_000))).toHaveLength(200_000);
    expect(wordsOf('a'.repeat(200_000))).toHaveLength(1);
  });
});
