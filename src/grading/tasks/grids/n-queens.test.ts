import { describe, expect, it } from 'vitest';
import { nQueens } from './n-queens.ts';

const problem = (...columns: number[]) => ({ text: '', answer: '', meta: { columns } });

describe('n-queens', () => {
  it('knows both placements of 4, and that 3 have none', () => {
    expect(nQueens.solve(problem(-1, -1, -1, -1))).toEqual(['2 4 1 3', '3 1 4 2']);
    expect(nQueens.solve(problem(-1, 3, -1, -1))).toEqual(['2 4 1 3']);
    expect(nQueens.solve(problem(0, -1, -1, -1))).toEqual([]);
    expect(nQueens.solve(problem(-1, -1, -1))).toEqual([]);
  });

  it.each([
    ['2 4 1 3', 1],
    ['[2, 4, 1, 3]', 1],
    ['3 1 4 2', 0], // moves the given queen
    ['2 4 1', 0],
    ['2 4 1 4', 0],
    ['2 4 1 99', 0],
    ['2 4 1 2', 0], // diagonal 1–2
    ['2 4 1.0 3', 0],
  ])('scores %s', (answer, score) => {
    expect(nQueens.score(answer, problem(-1, 3, -1, -1))).toBe(score);
  });
});
