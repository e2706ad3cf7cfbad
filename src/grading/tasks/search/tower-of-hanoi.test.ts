import { describe, expect, it } from 'vitest';
import { towerOfHanoi } from './tower-of-hanoi.ts';

const problem = { text: '', answer: '1->2, 1->3, 2->3', meta: { position: [1, 1], target: 3 } };

describe('tower-of-hanoi', () => {
  it('takes 2ⁿ − 1 moves from a full tower, in one way', () => {
    expect(towerOfHanoi.solve(problem)).toEqual([problem.answer]);
    const six = { ...problem, meta: { position: [1, 1, 1, 1, 1, 1], target: 3 } };
    expect(towerOfHanoi.solve(six).map((moves) => moves.split(', ').length)).toEqual([63]);
  });

  it.each([
    ['1->2, 1->3, 2->3', 1],
    ['1 -> 2\n1 \u2192 3\n2 => 3', 1],
    ['1 to 2; 1 to 3; 2 to 3.', 1],
    ['1->3, 3->2, 1->3, 2->3', 0.5],
    ['1->2, 1->3', 0],
    ['1->3, 1->3', 0], // disc 2 onto disc 1
    ['2->3', 0], // an empty peg
    ['1->2, 1->3, 2->3, and so on', 0],
    ['1->4', 0],
    ['1->1, 1->2, 1->3, 2->3', 0],
  ])('scores %s', (answer, score) => {
    expect(towerOfHanoi.score(answer, problem)).toBe(score);
  });
});
