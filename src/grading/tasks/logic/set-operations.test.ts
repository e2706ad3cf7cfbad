import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { setOperations } from './set-operations.ts';

const text = 'A = {1, 2, 3}\nB = {3, 4}\nC = {1, 4, 5}';
const solve = (expression: string) => setOperations.solve({ text, answer: '', meta: { expression, max: 9 } });

describe('set-operations', () => {
  it.each([
    ['A ∪ B', '{1, 2, 3, 4}'],
    ['A ∩ B', '{3}'],
    ['A \\ B', '{1, 2}'],
    ['A △ B', '{1, 2, 4}'],
    ['(A ∪ B) \\ C', '{2, 3}'],
    ['A △ (B ∩ C)', '{1, 2, 3, 4}'],
  ])('%s = %s', (expression, set) => {
    expect(solve(expression)).toEqual([set]);
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 150; i++) {
      const problem = setOperations.generate(Random.derive(i, 'sets'), 1 + (i % setOperations.levels));
      expect(setOperations.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('takes the elements in any order', () => {
    const problem = { text, answer: '{1, 2, 4}', meta: {} };
    for (const right of ['{4, 2, 1}', '4 2 1', '\\{1, 2, 4\\}', '{1, 1, 2, 4}'])
      expect(setOperations.score(right, problem)).toBe(1);
    for (const wrong of ['{1, 2}', '{1, 2, 4, 5}', '{}', '{a}'])
      expect(setOperations.score(wrong, problem)).toBe(0);
  });
});
