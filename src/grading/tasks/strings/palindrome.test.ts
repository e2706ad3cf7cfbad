import { describe, expect, it } from 'vitest';
import { palindrome } from './palindrome.ts';

const problem = { text: 'Arrange:\nb, a, c, a, b\nAnswer.', answer: 'abcba', meta: {} };

describe('palindrome', () => {
  it('finds two orders where there are two', () => {
    expect(palindrome.solve(problem)).toEqual(['abcba', 'bacab']);
    expect(palindrome.solve({ ...problem, text: '\na, a, a\n' })).toEqual(['aaa']);
    expect(palindrome.solve({ ...problem, text: '\na, b\n' })).toEqual([]);
  });

  it('takes any palindrome of exactly these letters', () => {
    for (const right of ['abcba', 'BACAB', '"bacab"']) expect(palindrome.score(right, problem)).toBe(1);
    for (const wrong of ['abccba', 'abba', 'aabbc', 'a b c b a', ''])
      expect(palindrome.score(wrong, problem)).toBe(0);
  });
});
