import { describe, expect, it } from 'vitest';
import { accuracy, type Graded, isRight, isScored } from './graded.ts';

function graded(correct: number | null): Graded {
  return { promptId: 'a', correct, formatted: true, length: 1, finish: 'stop', answer: '1', text: '1' };
}

describe('what counts as right', () => {
  it('is full marks only', () => {
    expect([1, 0.99, 0, null].map((correct) => isRight(graded(correct)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('counts what could not be scored as wrong beside what could', () => {
    expect(accuracy([1, 0, null, 1].map(graded))).toBe(0.5);
    expect(isScored([null, 0].map(graded))).toBe(true);
    expect(isScored([null, null].map(graded))).toBe(false);
  });
});
