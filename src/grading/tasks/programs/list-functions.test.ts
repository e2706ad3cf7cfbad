import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { listFunctions } from './list-functions.ts';

const ask = (examples: string[], steps: string[], depth: number) => {
  const text = [
    'Find:',
    ...examples,
    'Steps:',
    ...steps.map((step) => `- ${step}`),
    'What does the rule make of [1, 2, 3]? Answer.',
  ];
  return listFunctions.solve({ text: text.join('\n'), answer: '', meta: { depth } });
};

describe('list-functions', () => {
  it('finds doubling and reversing', () => {
    expect(
      ask(['[4, 5] -> [10, 8]'], ['reverse the list', 'double every number', 'remove the first number'], 2),
    ).toEqual(['[6, 4, 2]']);
  });

  it('tells where the examples leave two results, or none', () => {
    const steps = ['reverse the list', 'sort from small to large'];
    expect(ask(['[5, 4] -> [4, 5]'], steps, 1)).toEqual(['[3, 2, 1]', '[1, 2, 3]']);
    expect(ask(['[5, 4] -> [7]'], steps, 1)).toEqual([]);
  });

  it('keeps problems with one result only', () => {
    for (let i = 0; i < 40; i++) {
      const problem = listFunctions.generate(Random.derive(i, 'list'), 1 + (i % listFunctions.levels));
      expect(listFunctions.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('reads lists with or without brackets', () => {
    const problem = { text: '', answer: '[6, 4, 2]', meta: {} };
    for (const right of ['[6, 4, 2]', '6, 4, 2', '6 4 2', '[6,4,2].'])
      expect(listFunctions.score(right, problem)).toBe(1);
    for (const wrong of ['[2, 4, 6]', '[6, 4]', '6, 4, 2, 2', 'six'])
      expect(listFunctions.score(wrong, problem)).toBe(0);
  });
});
