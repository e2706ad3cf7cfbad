import { describe, expect, it } from 'vitest';
import { linearSystem } from './linear-system.ts';

const problem = {
  text: 'Find the unknowns:\n2x + y = 5\nx - 3y = -8\nAnswer in the form x = 1, y = 2.',
  answer: 'x = 1, y = 3',
  meta: { unknowns: 2 },
};

describe('linear-system', () => {
  it('eliminates, also where a pivot is zero', () => {
    expect(linearSystem.solve(problem)).toEqual(['x = 1, y = 3']);
    const swapped = { ...problem, text: 'Find:\ny = 3\nx - y = -2\nAnswer.' };
    expect(linearSystem.solve(swapped)).toEqual(['x = 1, y = 3']);
    expect(linearSystem.solve({ ...problem, text: 'Find:\nx + y = 3\n2x + 2y = 6\nAnswer.' })).toEqual([]);
  });

  it('reads names in any order, and pairs', () => {
    for (const right of [
      'y = 3, x = 1',
      '(1, 3)',
      'x=1 and y=3',
      'x = 2/2\ny = 3',
      '\\boxed{x = 1, y = 3}',
    ]) {
      expect(linearSystem.score(right, problem), right).toBe(1);
    }
    for (const wrong of [
      'x = 3, y = 1',
      '(3, 1)',
      'x = 1',
      'x = 1, x = 1',
      'x = 1, y = 3, y = 4',
      'x = y = 1, 3',
    ]) {
      expect(linearSystem.score(wrong, problem), wrong).toBe(0);
    }
  });
});
