import { describe, expect, it } from 'vitest';
import { binaryPuzzle } from './binary-puzzle.ts';

const problem = (...rows: string[]) => ({
  text: '',
  answer: '',
  meta: {
    side: rows.length,
    puzzle: [...rows.join('')].map((digit) => (digit === '_' ? -1 : Number(digit))),
  },
});

describe('binary-puzzle', () => {
  it('solves by hand', () => {
    // Columns 1 and 2 lack a zero each: row 4 begins with 0, row 3 has its second 0 there; the rest follows.
    const solved = '0 0 1 1\n1 1 0 0\n1 0 0 1\n0 1 1 0';
    expect(binaryPuzzle.solve(problem('00__', '__00', '1_0_', '_11_'))).toEqual([solved]);
    expect(binaryPuzzle.solve(problem('00__', '__00', '1_0_', '_10_'))).toEqual([]); // column 3 would be 1 0 0 0
    expect(binaryPuzzle.solve(problem('0011', '1100', '0_1_', '1___'))).toHaveLength(2);
  });

  it('counts all 90 full grids of side 4', () => {
    // The number of 4 × 4 binary matrices with two ones a line, of which no three side by side can be alike.
    let right = 0;
    for (let bits = 0; bits < 65536; bits++) {
      const grid = bits.toString(2).padStart(16, '0');
      right += binaryPuzzle.score(grid, problem('____', '____', '____', '____'));
    }
    expect(right).toBe(90);
  });

  it.each([
    ['0 0 1 1\n1 1 0 0\n0 1 1 0\n1 0 0 1', 1],
    ['0011 1100 0110 1001', 1],
    ['[[0,0,1,1],[1,1,0,0],[0,1,1,0],[1,0,0,1]]', 1],
    ['1 1 0 0\n0 0 1 1\n0 1 1 0\n1 0 0 1', 0], // changes given digits
    ['0 0 1 1\n1 1 0 0\n0 1 1 0', 0],
    ['0 0 1 1\n1 1 0 0\n0 1 1 0\n1 0 1 0', 0],
    ['0 0 1 2\n1 1 0 0\n0 1 1 0\n1 0 0 1', 0],
  ])('scores %j', (answer, score) => {
    expect(binaryPuzzle.score(answer, problem('0_1_', '____', '____', '____'))).toBe(score);
  });
});
