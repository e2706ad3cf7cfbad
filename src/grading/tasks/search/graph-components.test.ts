import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { graphComponents } from './graph-components.ts';

const text = 'A graph has the nodes A, B, C, D, E, F and these undirected edges: A-B, C-B, E-D.';
const solve = (ask: string) => graphComponents.solve({ text, answer: '', meta: { ask } });

describe('graph-components', () => {
  it('finds ABC, DE and F', () => {
    expect([solve('components'), solve('largest'), solve('degree')]).toEqual([['3'], ['3'], ['2']]);
  });

  it('walks to what merging finds', () => {
    for (let i = 0; i < 150; i++) {
      const problem = graphComponents.generate(Random.derive(i, 'graph'), 1 + (i % graphComponents.levels));
      expect(graphComponents.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
