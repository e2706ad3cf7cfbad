import { describe, expect, it } from 'vitest';
import { countdown } from './countdown.ts';

const problem = { text: '', answer: '', meta: { numbers: [1, 3, 7, 10, 25, 50], target: 765 } };

describe('countdown', () => {
  it('solves the example of the literature (765 from 1 3 7 10 25 50)', () => {
    expect(countdown.score(countdown.solve(problem)[0]!, problem)).toBe(1);
  });

  it('knows what cannot be reached', () => {
    expect(countdown.solve({ ...problem, meta: { numbers: [2, 4], target: 7 } })).toEqual([]);
  });

  it.each([
    ['(25 - 10) * (1 + 50)', 1], // not all are used
    ['(25-10)*(50+1)=765', 1],
    ['(25 - 10) * (50 + 3 / 3)', 0], // 3 twice
    ['765', 0],
    ['25 * 31 - 10', 0],
    ['', 0],
  ])('scores %s', (answer, score) => {
    expect(countdown.score(answer, problem)).toBe(score);
  });
});
