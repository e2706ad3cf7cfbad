import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { arithmetic } from './arithmetic.ts';

describe('arithmetic', () => {
  it('solves by precedence what is written', () => {
    const problem = { text: 'Calculate:\n2 - 3 * (4 - 6) / 2\nAnswer.', answer: '5', meta: {} };
    expect(arithmetic.solve(problem)).toEqual(['5']);
  });

  it('agrees with its solver on 600 expressions, each a whole number', () => {
    for (let i = 0; i < 600; i++) {
      const problem = arithmetic.generate(Random.derive(i, 'arithmetic'), 1 + (i % arithmetic.levels));
      expect(problem.answer).toMatch(/^-?\d+$/);
      expect(arithmetic.solve(problem)).toEqual([problem.answer]);
    }
  });

  it('reads thousands commas, a leading name and a full stop', () => {
    const problem = { text: '', answer: '12345', meta: {} };
    expect(arithmetic.score('12,345.', problem)).toBe(1);
    expect(arithmetic.score('x = 12345', problem)).toBe(1);
    expect(arithmetic.score('12345 or 12346', problem)).toBe(0);
  });
});
