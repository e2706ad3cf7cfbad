import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { linearEquation } from './linear-equation.ts';

const solve = (equation: string) =>
  linearEquation.solve({ text: `Solve:\n${equation}\n`, answer: '', meta: {} });

describe('linear-equation', () => {
  it('solves by collecting terms', () => {
    expect(solve('3x + 4 = 19')).toEqual(['5']);
    expect(solve('2(x - 3) - (x + 1) = 4x + 2')).toEqual(['-3']);
    expect(solve('x + 1 = x + 2')).toEqual([]);
  });

  it('puts the chosen solution into every equation', () => {
    for (let i = 0; i < 300; i++) {
      const problem = linearEquation.generate(Random.derive(i, 'line'), 1 + (i % linearEquation.levels));
      expect(linearEquation.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('reads x = 5', () => {
    const problem = { text: '', answer: '5', meta: {} };
    expect(linearEquation.score('x = 5', problem)).toBe(1);
    expect(linearEquation.score('x = 10/2', problem)).toBe(1);
    expect(linearEquation.score('x = 4, x = 5', problem)).toBe(0);
  });
});
