import { describe, expect, it } from 'vitest';
import { letterCounting } from './letter-counting.ts';

describe('letter-counting', () => {
  it('finds 3 r in strawberry, and 4 r or w', () => {
    const text = 'How many times … in "strawberry"?';
    expect(letterCounting.solve({ text, answer: '', meta: { letters: ['r'] } })).toEqual(['3']);
    expect(letterCounting.solve({ text, answer: '', meta: { letters: ['r', 'w'] } })).toEqual(['4']);
    expect(letterCounting.solve({ text, answer: '', meta: { letters: ['z'] } })).toEqual(['0']);
  });

  it('reads 3 times', () => {
    expect(letterCounting.score('3 times.', { text: '', answer: '3', meta: {} })).toBe(1);
  });
});
