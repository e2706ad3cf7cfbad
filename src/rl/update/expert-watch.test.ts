import { describe, expect, it } from 'vitest';
import { DEAD_AFTER, deadExperts, ExpertWatch } from './expert-watch.ts';

const load = (layer: string, ...tokens: number[]) => ({ layer, tokens: Float64Array.from(tokens) });

describe('ExpertWatch', () => {
  it('takes means over the layers and the steps since it was last asked', () => {
    const watch = new ExpertWatch();
    watch.count([load('a', 6, 0, 0, 2), load('b', 2, 2, 2, 2)]);
    watch.count([load('a', 2, 2, 2, 2), load('b', 1, 3, 0, 4)]);
    expect(watch.take()).toEqual({ loadMax: (3 + 1 + 1 + 2) / 4, idle: (2 + 1) / 16, dead: new Map() });
    expect(watch.take()).toBeNull();
  });

  it('counts an expert as dead once it has read nothing in so many steps in a row', () => {
    const watch = new ExpertWatch();
    const dead = (): unknown => [...watch.take()!.dead];
    for (let step = 0; step < DEAD_AFTER - 1; step++) watch.count([load('a', 1, 0, 0), load('b', 1, 1, 0)]);
    expect(dead()).toEqual([]);
    watch.count([load('a', 1, 0, 0), load('b', 1, 1, 1)]);
    expect(dead()).toEqual([['a', [1, 2]]]);
    watch.count([load('a', 1, 1, 0), load('b', 1, 1, 0)]);
    expect(dead()).toEqual([['a', [2]]]);
  });

  it('names layers and experts in its warning', () => {
    const dead = new Map([
      ['model.layers.1.mlp', [0, 3]],
      ['model.layers.2.mlp', [7]],
    ]);
    expect(deadExperts(dead)).toContain('(model.layers.1.mlp: 0, 3; model.layers.2.mlp: 7)');
  });
});
