import { describe, expect, it } from 'vitest';
import { Linear, loraSchema, Module, RMSNorm, withLora } from '../../models/layers/index.ts';
import { noGrad, randn, scope, tensor } from '../../torch/index.ts';
import { AdamW, FlatParameters, learningRate, type Schedule } from './learner.ts';

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

function layer(): Linear {
  const linear = new Linear(2, 1, true, { dtype: 'float64', device: 'cpu' });
  noGrad(() => {
    linear.weight.copy_(tensor([1, -2], [1, 2], { dtype: 'float64' }));
    linear.bias!.fill_(0.5);
  });
  return linear;
}

/** y = w·x + b at x = (3, 1): the gradient is (3, 1, 1). */
function backward(linear: Linear): void {
  linear
    .forward(tensor([3, 1], [1, 2], { dtype: 'float64' }))
    .sum()
    .backward();
}

describe('FlatParameters', () => {
  it('makes parameters and gradients views of one vector each', () => {
    const linear = layer();
    const flat = new FlatParameters(linear);
    expect(flat.values.toArray()).toEqual([1, -2, 0.5]);
    backward(linear);
    backward(linear);
    expect(flat.gradients.toArray()).toEqual([6, 2, 2]);
    noGrad(() => flat.values.mul_(2));
    expect(linear.weight.toArray()).toEqual([2, -4]);
    flat.zeroGradients();
    expect(linear.weight.grad!.toArray()).toEqual([0, 0]);
  });

  it('clips to a norm, and tells the norm before', () => {
    const linear = layer();
    const flat = new FlatParameters(linear);
    backward(linear);
    expect(flat.clipGradients(100)).toBeCloseTo(Math.sqrt(11), 12);
    expect(flat.gradients.toArray()).toEqual([3, 1, 1]);
    flat.clipGradients(1);
    expect(flat.gradients.norm().item()).toBeCloseTo(1, 5);
  });
});

describe('AdamW', () => {
  const options = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1 } as const;

  /** The step by hand: algorithm 2 of the paper, one scalar at a time. */
  function byHand(values: number[], gradients: number[], steps: number, decays: boolean[]): number[] {
    return values.map((value, i) => {
      let [m, v, w] = [0, 0, value];
      for (let t = 1; t <= steps; t++) {
        if (decays[i]) w *= 1 - 0.01 * 0.1;
        m = 0.9 * m + 0.1 * gradients[i]!;
        v = 0.95 * v + 0.05 * gradients[i]! ** 2;
        w -= (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.95 ** t)) + 1e-8);
      }
      return w;
    });
  }

  it.each([
    ['all', [true, true, true]],
    ['matrices', [true, true, false]],
  ] as const)('follows the paper; decays %s', (decay, decays) => {
    const linear = layer();
    const flat = new FlatParameters(linear);
    const optimizer = new AdamW(flat, { ...options, decay });
    for (let step = 0; step < 3; step++) {
      flat.zeroGradients();
      backward(linear);
      optimizer.step(0.01);
    }
    const expected = byHand([1, -2, 0.5], [3, 1, 1], 3, [...decays]);
    for (const [i, value] of flat.values.toArray().entries()) expect(value).toBeCloseTo(expected[i]!, 12);
    expect(optimizer.steps).toBe(3);
  });
});

const cosine: Schedule = { peak: 1, warmup: 4, shape: 'cosine', floor: 0.1 };

describe('learningRate', () => {
  it('warms up linearly and reaches the peak', () => {
    expect([0, 1, 2, 3, 4].map((step) => learningRate(cosine, step, 105))).toEqual([0.25, 0.5, 0.75, 1, 1]);
  });

  it('falls to the floor at the last step', () => {
    expect(learningRate(cosine, 104, 105)).toBeCloseTo(0.1, 12);
    expect(learningRate(cosine, 54, 105)).toBeCloseTo(0.55, 12);
    expect(learningRate({ ...cosine, shape: 'linear' }, 29, 105)).toBeCloseTo(0.1 + 0.9 * 0.75, 12);
  });

  it('never leaves the range after the last step, and a constant stays', () => {
    expect(learningRate(cosine, 1000, 105)).toBeCloseTo(0.1, 12);
    expect(learningRate({ ...cosine, shape: 'constant' }, 1000, 105)).toBe(1);
  });
});
