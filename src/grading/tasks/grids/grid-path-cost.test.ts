import { describe, expect, it } from 'vitest';
import { gridPathCost } from './grid-path-cost.ts';

describe('grid-path-cost', () => {
  it('goes round what is dear, also up and left', () => {
    const costs = [1, 9, 1, 1, 1, 1, 9, 1, 1, 1, 9, 1, 9, 9, 9, 1];
    // 1 9 1 1 / 1 1 9 1 / 1 1 9 1 / 9 9 9 1: right over the 9 of the first row.
    expect(gridPathCost.solve({ text: '', answer: '', meta: { costs, side: 4 } })).toEqual(['15']);
    // 1 9 1 1 1 / 1 9 1 9 1 / 1 1 1 9 1 / 9 9 9 9 1 / 9 9 9 9 1: the ones wind up and down, thirteen of them.
    const winding = [1, 9, 1, 1, 1, 1, 9, 1, 9, 1, 1, 1, 1, 9, 1, 9, 9, 9, 9, 1, 9, 9, 9, 9, 1];
    expect(gridPathCost.solve({ text: '', answer: '', meta: { costs: winding, side: 5 } })).toEqual(['13']);
  });

  it.each([
    ['17', 1],
    [' 17. ', 1],
    ['\\boxed{17}', 1],
    ['16', 0],
    ['17 or 18', 0],
  ])('scores %s', (answer, score) => {
    expect(gridPathCost.score(answer, { text: '', answer: '17', meta: {} })).toBe(score);
  });
});
