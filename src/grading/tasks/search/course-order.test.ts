import { describe, expect, it } from 'vitest';
import { courseOrder } from './course-order.ts';

const problem = {
  text: 'The tasks C3, C1, C2 are to be done. C1 comes before C2. C3 requires C1. Give one order.',
  answer: 'C1, C2, C3',
  meta: {},
};

describe('course-order', () => {
  it('finds two orders where there are two, none where rules go in a circle', () => {
    expect(courseOrder.solve(problem)).toEqual(['C1, C3, C2', 'C1, C2, C3']);
    expect(
      courseOrder.solve({ ...problem, text: 'The tasks C1, C2. C1 requires C2. C2 requires C1.' }),
    ).toEqual([]);
  });

  it('takes every order that obeys the rules', () => {
    for (const right of ['C1, C2, C3', 'c1, c3, c2', 'C1 -> C3 -> C2', '[C1 C2 C3]'])
      expect(courseOrder.score(right, problem)).toBe(1);
    for (const wrong of ['C2, C1, C3', 'C1, C2', 'C1, C2, C3, C3', 'C1, C1, C2', 'C1, C2, C4']) {
      expect(courseOrder.score(wrong, problem), wrong).toBe(0);
    }
  });
});
