import { describe, expect, it } from 'vitest';
import { lightsOut } from './lights-out.ts';

const board = (...rows: string[]) => ({
  text: '',
  answer: '',
  meta: { side: rows.length, lamps: [...rows.join('')].map((lamp) => lamp === '1') },
});

describe('lights-out', () => {
  it('solves by hand: one press, and every lamp of 3 × 3', () => {
    expect(lightsOut.solve(board('010', '111', '010'))).toEqual(['B2']);
    expect(lightsOut.solve(board('111', '111', '111'))).toEqual(['A1, C1, B2, A3, C3']);
  });

  it('knows that 5 × 5 has boards without a solution and others with several', () => {
    expect(lightsOut.solve(board('10000', '00000', '00000', '00000', '00000'))).toEqual([]);
    const cross = board('00000', '00100', '01110', '00100', '00000');
    const solutions = lightsOut.solve(cross);
    expect(solutions).toHaveLength(2);
    for (const solution of [...solutions, 'C3']) expect(lightsOut.score(solution, cross)).toBe(1);
  });

  it.each([
    ['B2', 1],
    ['b2.', 1],
    ['A1, A1, B2', 1], // a press and its undoing
    ['A1', 0],
    ['B2, D4', 0],
    ['B22', 0],
    ['press B2', 0],
    ['', 0],
  ])('scores %s', (answer, score) => {
    expect(lightsOut.score(answer, board('010', '111', '010'))).toBe(score);
  });
});
