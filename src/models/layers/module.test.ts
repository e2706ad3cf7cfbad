import { describe, expect, it } from 'vitest';
import { empty, memory, ones, scope, type Tensor } from '../../torch/index.ts';
import { Linear } from './linear.ts';
import { Module, type Placement, stateProblems } from './module.ts';

const cpu: Placement = { dtype: 'float32', device: 'cpu' };

class Tree extends Module {
  scale: Tensor = empty([2], cpu);
  absent: Tensor | null = null;
  layers: Linear[] = [new Linear(2, 3, true, cpu), new Linear(3, 2, false, cpu)];
  q_proj: Linear = new Linear(2, 2, false, cpu);
  readonly helper = { table: ones([4]) };
  readonly size = 3;

  fill(value: number): this {
    for (const parameter of this.parameters()) parameter.fill_(value);
    return this;
  }
}

const NAMES = ['scale', 'layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'q_proj.weight'];

describe('Module', () => {
  it('names parameters by the path of fields, through arrays, in the order of the fields', () => {
    scope(() => {
      const tree = new Tree();
      expect(tree.namedParameters().map(([name]) => name)).toEqual(NAMES);
      expect([...tree.stateDict().keys()]).toEqual(NAMES);
      expect(tree.stateDict().get('layers.1.weight')).toBe(tree.layers[1]!.weight);
    });
  });

  it('copies a state into place, converting dtype', () => {
    scope(() => {
      const tree = new Tree().requiresGrad_();
      const before = tree.scale;
      const state = new Map(
        tree.namedParameters().map(([name, { shape }]) => [name, ones(shape, { dtype: 'float64' })]),
      );
      tree.loadStateDict(state);
      expect(tree.scale).toBe(before);
      expect(tree.scale.dtype).toBe('float32');
      expect(tree.parameters().flatMap((parameter) => parameter.toArray())).toEqual(
        Array(2 + 6 + 3 + 6 + 4).fill(1),
      );
    });
  });

  it('names every tensor that does not fit and copies nothing then', () => {
    scope(() => {
      const tree = new Tree().fill(0);
      const state = tree.stateDict();
      state.delete('scale');
      state.set('layers.0.bias', ones([4]));
      state.set('extra', ones([1, 2]));
      state.set('q_proj.weight', ones([2, 2]));
      expect(() => tree.loadStateDict(state)).toThrow(
        /missing: scale \[2\]\n.*misshapen: layers\.0\.bias is \[4\], expected \[3\]\n.*unexpected: extra \[1, 2\]/,
      );
      expect(tree.q_proj.weight.toArray()).toEqual([0, 0, 0, 0]);
    });
  });

  it('tells shapes apart that join to the same elements', () => {
    const problems = stateProblems(new Map([['a', { shape: [] }]]), new Map([['a', { shape: [1] }]]));
    expect(problems).toEqual(['misshapen: a is [1], expected []']);
  });

  it('converts every parameter, keeps whether it needs a gradient, and frees the old ones', () => {
    scope(() => {
      const tree = new Tree().fill(1.5).requiresGrad_();
      tree.scale.requiresGrad_(false);
      const before = memory().tensors;
      tree.to('float64');
      expect(memory().tensors).toBe(before);
      expect(tree.parameters().map((parameter) => parameter.dtype)).toEqual(Array(5).fill('float64'));
      expect(tree.parameters().map((parameter) => parameter.requiresGrad)).toEqual([
        false,
        true,
        true,
        true,
        true,
      ]);
      expect(tree.scale.toArray()).toEqual([1.5, 1.5]);
    });
  });

  it('keeps its parameters when nothing changes', () => {
    scope(() => {
      const tree = new Tree().fill(2);
      tree.to('float32').to('cpu');
      expect(tree.scale.toArray()).toEqual([2, 2]);
    });
  });

  it('disposes of its parameters', () => {
    const before = memory().tensors;
    const tree = new Tree();
    tree.dispose();
    expect(memory().tensors).toBe(before);
    expect(() => tree.scale.add(1)).toThrow(/disposed/);
  });
});
