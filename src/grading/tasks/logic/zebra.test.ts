import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { zebra } from './zebra.ts';

/** Two houses: Ada's is house 1 (clue), the cat is where Leo lives (clue). */
const values = [
  ['Ada', 'Leo'],
  ['dog', 'cat'],
];
const at = { kind: 'at', a: [0, 0], house: 0 };
const same = { kind: 'same', a: [0, 1], b: [1, 1] };
const problemOf = (clues: object[], answer = 'dog, cat') => ({
  text: '',
  answer,
  meta: { houses: 2, values, clues: clues as never, asked: 1 },
});

describe('zebra', () => {
  it('solves a street by hand', () => {
    expect(zebra.solve(problemOf([at, same]))).toEqual(['dog, cat']);
    expect(zebra.solve(problemOf([at]))).toHaveLength(2);
    expect(zebra.solve(problemOf([at, same, { kind: 'left', a: [1, 1], b: [1, 0] }]))).toEqual([]);
    expect(zebra.solve(problemOf([{ kind: 'beside', a: [0, 0], b: [1, 1] }, at]))).toEqual(['dog, cat']);
  });

  it('gives no clue that is not needed', () => {
    const problem = zebra.generate(Random.derive(3), 3);
    const { clues } = problem.meta as unknown as { clues: object[] };
    for (const clue of clues) {
      const fewer = {
        ...problem,
        meta: { ...problem.meta, clues: clues.filter((other) => other !== clue) as never },
      };
      expect(zebra.solve(fewer)).toHaveLength(2);
    }
  });

  it('reads lists in order only', () => {
    expect(zebra.score('Dog,  cat.', problemOf([]))).toBe(1);
    expect(zebra.score('dog\ncat', problemOf([]))).toBe(1);
    expect(zebra.score('cat, dog', problemOf([]))).toBe(0);
    expect(zebra.score('dog, cat, dog', problemOf([]))).toBe(0);
  });
});
