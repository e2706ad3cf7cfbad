import { describe, expect, it } from 'vitest';
import { waterJugs } from './water-jugs.ts';

/** The riddle of Die Hard 3: four litres with jugs of three and five. */
const problem = {
  text: '',
  answer: 'fill B, pour B A, empty A, pour B A, fill B, pour B A',
  meta: { capacities: [3, 5], target: 4 },
};

describe('water-jugs', () => {
  it('solves the riddle in six moves', () => {
    expect(waterJugs.solve(problem)).toEqual([problem.answer]);
  });

  it('knows what cannot be measured', () => {
    expect(waterJugs.solve({ ...problem, meta: { capacities: [4, 6], target: 3 } })).toEqual([]);
  });

  it.each([
    [problem.answer, 1],
    ['Fill B\nPour B into A\nEmpty A\nPour B to A\nFill B\nPour B into A', 1],
    // The other way round takes eight.
    ['fill A, pour A B, fill A, pour A B, empty B, pour A B, fill A, pour A B', 0.5],
    ['fill B, pour B A', 0],
    ['fill C', 0],
    ['pour A A', 0],
    ['empty A', 0], // changes nothing
    ['drink B', 0],
    ['4 litres', 0],
  ])('scores %s', (answer, score) => {
    expect(waterJugs.score(answer, problem)).toBe(score);
  });
});
