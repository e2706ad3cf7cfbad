import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { sudoku4, sudoku9 } from './sudoku.ts';

/** A puzzle of Peter Norvig's essay, easy for propagation, and its solution. */
const PUZZLE = '003020600900305001001806400008102900700000008006708200002609500800203009005010300';
const SOLUTION = '483921657967345821251876493548132976729564138136798245372689514814253769695417382';
/** 17 clues: fewest there can be. */
const HARD = '000000010400000000020000000000050407008000300001090000300400200050100000000806000';
const problemOf = (puzzle: string, answer = SOLUTION) => ({
  text: '',
  answer,
  meta: { puzzle: [...puzzle].map(Number) },
});

describe('sudoku', () => {
  it('solves published puzzles', () => {
    expect(sudoku9.solve(problemOf(PUZZLE)).map((grid) => grid.replace(/\s/g, ''))).toEqual([SOLUTION]);
    expect(sudoku9.solve(problemOf(HARD))).toHaveLength(1);
  });

  it('tells no solution, and more than one', () => {
    expect(sudoku9.solve(problemOf(`11${'0'.repeat(79)}`))).toEqual([]);
    expect(sudoku4.solve(problemOf('0'.repeat(16)))).toHaveLength(2);
  });

  it('reads grids with bars, rules and no spaces; pays the share of blanks', () => {
    const problem = problemOf('1234341221434300', '1234341221434321');
    expect(sudoku4.score('1234341221434321', problem)).toBe(1);
    expect(sudoku4.score('|1 2|3 4|\n|3 4|1 2|\n+---+---+\n|2 1|4 3|\n|4 3|2 1|', problem)).toBe(1);
    expect(sudoku4.score('1234 3412 2143 4312', problem)).toBe(0);
    expect(sudoku4.score('1234 3412 2143 4322', problem)).toBe(0.5);
    expect(sudoku4.score('2134 3412 2143 4321', problem)).toBe(0); // a given digit changed
    expect(sudoku4.score('1234 3412 2143 432', problem)).toBe(0);
    expect(sudoku4.score('the grid is 1234341221434321', problem)).toBe(0);
  });

  it('has 54 blanks, or nearly, at the top level', () => {
    const sizes = Array.from(
      { length: 5 },
      (_, i) => sudoku9.generate(Random.derive(i), 5).meta.size as number,
    );
    expect(Math.min(...sizes)).toBeGreaterThan(48);
  });
});
