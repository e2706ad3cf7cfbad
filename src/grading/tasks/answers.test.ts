import { describe, expect, it } from 'vitest';
import {
  gridKey,
  plainAnswer,
  readGrid,
  readList,
  readNumbers,
  scoreGrid,
  scoreNumber,
  scoreText,
} from './answers.ts';

describe('plainAnswer', () => {
  it('takes off boxes, dollars, Markdown and the full stop, and nothing inside', () => {
    expect(plainAnswer(' \\boxed{12} ')).toBe('12');
    expect(plainAnswer('$\\boxed{ 12. }$')).toBe('12');
    expect(plainAnswer('**12**.')).toBe('12');
    expect(plainAnswer('a * b')).toBe('a * b');
    expect(plainAnswer('x'.repeat(1_000_000))).toBe('');
  });
});

describe('scoreNumber', () => {
  it('compares values, whatever their form', () => {
    for (const answer of ['1,234', 'x = 1234', '1234.0', '2468/2', '1234 Meters', '\\boxed{1234}']) {
      expect(scoreNumber(answer, '1234', ['meters', 'm'])).toBe(1);
    }
    for (const answer of ['1235', 'x = 1 x = 1234', '1234 feet', '1234 m m', '', '1 1234']) {
      expect(scoreNumber(answer, '1234', ['meters', 'm'])).toBe(0);
    }
  });

  it('refuses an expected text that is no number: a fault of the family', () => {
    expect(() => scoreNumber('1', 'one')).toThrow(RangeError);
  });
});

describe('scoreText', () => {
  it('ignores case, quotes and runs of space', () => {
    expect(scoreText('"Olleh  dlrow".', 'olleh dlrow')).toBe(1);
    expect(scoreText('olleh', 'olleh dlrow')).toBe(0);
  });
});

describe('lists and grids', () => {
  it('reads brackets, commas, semicolons and space', () => {
    expect(readList('{3, 1,2}')).toEqual(['3', '1', '2']);
    expect(readList('x = [1; 2]')).toEqual(['1', '2']);
    expect(readList('1 2  3')).toEqual(['1', '2', '3']);
    expect(readList('')).toEqual([]);
    expect(readNumbers('1/2, 3')).toEqual([
      { num: 1n, den: 2n },
      { num: 3n, den: 1n },
    ]);
    expect(readNumbers('1, two')).toBeNull();
  });

  it('reads a grid from lines and from nested brackets', () => {
    expect(gridKey(readGrid('1 2\n3 4'))).toBe('1 2\n3 4');
    expect(scoreGrid('[[1,2],\n [3, 4]]', '1 2\n3 4')).toBe(1);
    expect(scoreGrid('1 2 3 4', '1 2\n3 4')).toBe(0);
  });
});
