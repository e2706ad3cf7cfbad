import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { gridTransform } from './grid-transform.ts';

const run = (...steps: string[]) => {
  const text = [
    'Here is a grid:',
    '1 2 3',
    '4 5 6',
    'Steps:',
    ...steps.map((step, i) => `${i + 1}. ${step}`),
    'Answer.',
  ];
  return gridTransform.solve({ text: text.join('\n'), answer: '', meta: {} })[0];
};

describe('grid-transform', () => {
  it.each([
    ['Rotate it by 90 degrees clockwise.', '4 1\n5 2\n6 3'],
    ['Give it a quarter turn to the left.', '3 6\n2 5\n1 4'],
    ['Rotate it by 180 degrees.', '6 5 4\n3 2 1'],
    ['Reverse the order within each row.', '3 2 1\n6 5 4'],
    ['Reverse the order of the rows.', '4 5 6\n1 2 3'],
    ['Transpose it, so that rows become columns.', '1 4\n2 5\n3 6'],
  ])('%s', (step, grid) => {
    expect(run(step)).toBe(grid);
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 150; i++) {
      const problem = gridTransform.generate(Random.derive(i, 'grid'), 1 + (i % gridTransform.levels));
      expect(gridTransform.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
