import { describe, expect, it } from 'vitest';
import { game24, waysTo24 } from './game24.ts';

const problem = (...numbers: number[]) => ({ text: '', answer: '', meta: { numbers } });

describe('game24', () => {
  it('finds the hard ones that need fractions, and knows the impossible', () => {
    for (const numbers of [
      [3, 3, 8, 8],
      [1, 5, 5, 5],
      [3, 3, 7, 7],
      [1, 3, 4, 6],
    ]) {
      const [solution] = game24.solve(problem(...numbers));
      expect(game24.score(solution!, problem(...numbers))).toBe(1);
    }
    expect(game24.solve(problem(1, 1, 1, 1))).toEqual([]);
    expect(waysTo24([1, 1, 1, 1])).toBe(0);
  });

  it('knows that 1362 of the 1820 hands of cards make 24', () => {
    let hands = 0;
    let solvable = 0;
    for (let a = 1; a <= 13; a++)
      for (let b = a; b <= 13; b++)
        for (let c = b; c <= 13; c++)
          for (let d = c; d <= 13; d++) {
            hands++;
            if (game24.solve(problem(a, b, c, d)).length > 0) solvable++;
          }
    expect([hands, solvable]).toEqual([1820, 1362]);
  });

  it.each([
    ['(1 + 2 + 3) * 4', 1],
    ['1*2*3*4', 1],
    ['$1 \u00d7 2 \u00d7 3 \u00d7 4$', 1],
    ['1*2*3*4 = 24', 1],
    ['\\boxed{4*3*2*1}', 1],
    ['1*2*3*4 = 25', 0],
    ['24', 0],
    ['4*3*2', 0], // 1 is left out
    ['4*3*2*1*1', 0], // 1 twice
    ['12 + 3 * 4', 0], // digits joined
    ['-1 * -4 * 3 * 2', 0], // signs are no operation
    ['4!', 0],
    ['(4*3*2*1', 0],
    ['4 3 2 1', 0],
    ['1/(2-2)', 0],
    ['1*2*3*4 = 24 = 24', 0],
  ])('scores %s', (answer, score) => {
    expect(game24.score(answer, problem(1, 2, 3, 4))).toBe(score);
  });
});
