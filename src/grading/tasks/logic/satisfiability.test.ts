import { describe, expect, it } from 'vitest';
import { satisfiability } from './satisfiability.ts';

const problem = (variables: number, clauses: number[][]) => ({
  text: '',
  answer: '',
  meta: { variables, clauses },
});

describe('satisfiability', () => {
  it('finds the only assignment, and none where there is none', () => {
    expect(
      satisfiability.solve(
        problem(2, [
          [1, 2],
          [-1, 2],
          [1, -2],
        ]),
      ),
    ).toEqual(['A=true, B=true']);
    expect(
      satisfiability.solve(
        problem(2, [
          [1, 2],
          [-1, 2],
          [1, -2],
          [-1, -2],
        ]),
      ),
    ).toEqual([]);
    expect(satisfiability.solve(problem(2, [[1, 2]]))).toHaveLength(2);
  });

  it.each([
    ['A=true, B=false', 1],
    ['a: True\nb: False', 1],
    ['B = 0; A = 1', 1],
    ['A=false, B=true', 0],
    ['A=true', 0], // B is left out
    ['A=true, B=false, B=true', 0],
    ['A=true, B=false, C=true', 0],
    ['A=maybe, B=false', 0],
    ['true, false', 0],
  ])('scores %s', (answer, score) => {
    expect(
      satisfiability.score(
        answer,
        problem(2, [
          [1, 2],
          [1, -2],
        ]),
      ),
    ).toBe(score);
  });
});
