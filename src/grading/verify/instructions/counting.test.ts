import { describe, expect, it } from 'vitest';
import { countCapitalWords, countSentences, countWords, isLower, isUpper, partsBetween } from './counting.ts';

describe('counting', () => {
  it('counts words as runs of letters, digits and underscores', () => {
    expect(countWords("It's a_b 3.5 — naïve")).toBe(6);
    expect(countWords('')).toBe(0);
  });

  it('counts sentences, abbreviations and line breaks aside', () => {
    expect(countSentences('One. Two! Three?')).toBe(3);
    expect(countSentences('Dr. Smith met Mr. J. Doe.\nThey spoke')).toBe(2);
    expect(countSentences('')).toBe(0);
    expect(countSentences('...')).toBe(0);
  });

  it('counts a long text as its parts', () => {
    expect(countSentences('A short sentence here. '.repeat(1000))).toBe(1000);
    expect(countSentences('a'.repeat(100_000))).toBeGreaterThan(0);
  });

  it('counts words in capitals', () => {
    expect(countCapitalWords('A NASA-led TEAM Won 3 GOALS')).toBe(3);
    expect(isUpper('A 1!')).toBe(true);
    expect(isUpper('1!')).toBe(false);
    expect(isLower('a 1!')).toBe(true);
  });

  it('parts a text, and tells an empty part between', () => {
    expect(partsBetween('a|b|', '|')).toEqual(['a', 'b']);
    expect(partsBetween('a||b', '|')).toBeNull();
  });
});
