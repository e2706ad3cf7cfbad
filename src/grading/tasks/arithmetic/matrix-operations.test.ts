import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { matrixOperations } from './matrix-operations.ts';

const text = 'A = [[1, 2], [3, 4]]\nB = [[0, 1], [-1, 2]]\n?';
const solve = (kind: string) => matrixOperations.solve({ text, answer: '', meta: { kind } });

describe('matrix-operations', () => {
  it('computes by hand what a book would', () => {
    expect(solve('product')).toEqual(['[[-2, 5], [-4, 11]]']);
    expect(solve('transpose')).toEqual(['[[-2, -4], [5, 11]]']);
    expect(solve('sum')).toEqual(['[[3, 4], [11, 8]]']);
    expect(solve('determinant')).toEqual(['0']); // [[1, 3], [2, 6]]
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 150; i++) {
      const problem = matrixOperations.generate(
        Random.derive(i, 'matrix'),
        1 + (i % matrixOperations.levels),
      );
      expect(matrixOperations.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('reads rows by line, and nothing of another shape', () => {
    const problem = { text, answer: '[[-2, 5], [-4, 11]]', meta: { kind: 'product' } };
    for (const right of ['-2 5\n-4 11', '[[-2,5],[-4,11]]', '[-2, 5]\n[-4, 11]'])
      expect(matrixOperations.score(right, problem)).toBe(1);
    for (const wrong of ['-2 5 -4 11', '[[-2, 5]]', '[[-2, -4], [5, 11]]'])
      expect(matrixOperations.score(wrong, problem)).toBe(0);
  });
});
