import { describe, expect, it } from 'vitest';
import { Linear, loraSchema, Module, RMSNorm, withLora } from '../../models/layers/index.ts';
import { noGrad, randn, scope } from '../../torch/index.ts';
import { FlatParameters } from './learner.ts';

const cpu = { dtype: 'float32', device: 'cpu' } as const;

class Model extends Module {
  norm: RMSNorm = new RMSNorm(3, 1e-6, cpu);
  first: Linear = new Linear(3, 2, true, cpu);
  second: Linear = new Linear(2, 2, false, cpu);

  constructor() {
    super();
    noGrad(() => {
      for (const parameter of this.parameters()) scope(() => parameter.copy_(randn(parameter.shape)));
    });
  }
}

describe('FlatParameters', () => {
  it('lays all parameters end to end, each a view of the whole, gradients too', () => {
    scope(() => {
      const model = new Model();
      const before = model.parameters().flatMap((parameter) => parameter.toArray());
      const flat = new FlatParameters(model);
      expect(flat.values.toArray()).toEqual(before);
      // norm 3, first.weight 6, first.bias 2, second.weight 4
      expect(flat.matrices).toEqual([
        [3, 6],
        [11, 4],
      ]);
      noGrad(() => flat.values.fill_(2));
      expect(model.second.weight.toArray()).toEqual([2, 2, 2, 2]);
      model.second
        .forward(randn([1, 2]))
        .sum()
        .backward();
      expect(flat.gradients.narrow(0, 11, 4).toArray()).toEqual(model.second.weight.grad!.toArray());
      expect(flat.gradients.narrow(0, 0, 11).toArray()).toEqual(Array(11).fill(0));
    });
  });

  it('holds only the additions of a model with LoRA', () => {
    scope(() => {
      const model = withLora(new Model(), { ...loraSchema.parse({}), rank: 2, targets: ['first'] }, 0);
      const flat = new FlatParameters(model);
      expect(flat.values.numel).toBe(2 * 3 + 2 * 2);
      expect(flat.matrices).toEqual([[0, 10]]);
      model.first
        .forward(randn([4, 3]))
        .sum()
        .backward();
      expect(flat.gradients.norm().item()).toBeGreaterThan(0);
      expect(model.first.weight.grad).toBeNull();
    });
  });

  it('clips to a norm and reports the norm before', () => {
    scope(() => {
      const flat = new FlatParameters(new Model());
      noGrad(() => flat.gradients.fill_(2));
      const norm = Math.sqrt(15 * 4);
      expect(flat.clipGradients(100)).toBeCloseTo(norm, 5);
      expect(flat.gradients.norm().item()).toBeCloseTo(norm, 5);
      expect(flat.clipGradients(1)).toBeCloseTo(norm, 5);
      expect(flat.gradients.norm().item()).toBeCloseTo(1, 4);
      flat.zeroGradients();
      expect(flat.clipGradients(1)).toBe(0);
    });
  });
});
