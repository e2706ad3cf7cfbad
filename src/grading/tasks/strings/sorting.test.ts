import { describe, expect, it } from 'vitest';
import { numberSorting, wordSorting } from './sorting.ts';

describe('number-sorting', () => {
  const problem = {
    text: '',
    answer: '-7.50, 2.00, 10.25',
    meta: { numbers: ['2.00', '10.25', '-7.50'], order: 'ascending' },
  };

  it('solves by size, not by spelling', () => {
    expect(numberSorting.solve(problem)).toEqual([problem.answer]);
    const descending = { ...problem, meta: { ...problem.meta, order: 'descending' } };
    expect(numberSorting.solve(descending)).toEqual(['10.25, 2.00, -7.50']);
  });

  it.each([
    ['-7.5, 2, 10.25', 1],
    ['[-7.5, 2, 10.25]', 1],
    ['-7.5 2 10.25', 1],
    ['\u22127.5, 2, 10.25', 1],
    ['10.25, 2, -7.5', 0],
    ['-7.5, 2', 0],
    ['-7.5, 2, 2, 10.25', 0],
  ])('scores %s', (answer, score) => {
    expect(numberSorting.score(answer, problem)).toBe(score);
  });
});

describe('word-sorting', () => {
  const problem = { text: '', answer: 'lake, lamp, lemon', meta: { words: ['lemon', 'lamp', 'lake'] } };

  it('solves and scores', () => {
    expect(wordSorting.solve(problem)).toEqual([problem.answer]);
    expect(wordSorting.score('Lake Lamp Lemon', problem)).toBe(1);
    expect(wordSorting.score('lamp, lake, lemon', problem)).toBe(0);
    expect(wordSorting.score('lakelamplemon', problem)).toBe(0);
  });
});
