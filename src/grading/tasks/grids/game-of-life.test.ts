import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { gameOfLife } from './game-of-life.ts';

describe('game-of-life', () => {
  it('turns a blinker', () => {
    const text = 'Board:\n0 0 0\n1 1 1\n0 0 0\nRule.';
    expect(gameOfLife.solve({ text, answer: '', meta: { steps: 1 } })).toEqual(['0 1 0\n0 1 0\n0 1 0']);
    expect(gameOfLife.solve({ text, answer: '', meta: { steps: 2 } })).toEqual(['0 0 0\n1 1 1\n0 0 0']);
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 60; i++) {
      const problem = gameOfLife.generate(Random.derive(i, 'life'), 1 + (i % gameOfLife.levels));
      expect(gameOfLife.solve(problem)).toEqual([problem.answer]);
    }
  });

  it('reads rows with or without space, and nested brackets', () => {
    const problem = { text: '', answer: '0 1\n1 0', meta: {} };
    for (const right of ['0 1\n1 0', '01\n10', '[[0, 1], [1, 0]]'])
      expect(gameOfLife.score(right, problem)).toBe(1);
    for (const wrong of ['0 1 1 0', '0 1', '01\n11']) expect(gameOfLife.score(wrong, problem)).toBe(0);
  });
});
