import { describe, expect, it } from 'vitest';
import { memory, noGrad, randn, scope, type Tensor, tensor } from '../../torch/index.ts';
import { Linear } from './linear.ts';
import {
  adaptedLayers,
  addLowRank,
  type LoraOptions,
  linearLayers,
  loraSchema,
  mergeLora,
  trainableParameters,
  withLora,
} from './lora.ts';
import { Module, type Placement } from './module.ts';
import { RMSNorm } from './rms-norm.ts';

const cpu: Placement = { dtype: 'float32', device: 'cpu' };

class Block extends Module {
  q_proj: Linear;
  up_proj: Linear;
  norm: RMSNorm;

  constructor(placement: Placement) {
    super();
    this.q_proj = new Linear(3, 4, true, placement);
    this.up_proj = new Linear(4, 2, false, placement);
    this.norm = new RMSNorm(3, 1e-6, placement);
  }

  forward(x: Tensor): Tensor {
    return this.up_proj.forward(this.q_proj.forward(x));
  }
}

class Model extends Module {
  layers: Block[];
  lm_head: Linear;

  constructor(placement: Placement = cpu) {
    super();
    this.layers = [new Block(placement), new Block(placement)];
    this.lm_head = new Linear(2, 5, false, placement);
    noGrad(() => {
      for (const parameter of this.parameters()) scope(() => parameter.copy_(randn(parameter.shape)));
    });
  }
}

const options = (changes: Partial<LoraOptions> = {}): LoraOptions => ({
  ...loraSchema.parse({ rank: 2 }),
  ...changes,
});

describe('addLowRank', () => {
  it('adds scale · B A to the weight, by hand', () => {
    scope(() => {
      const layer = new Linear(2, 1, true, cpu);
      noGrad(() => {
        layer.weight.copy_(tensor([1, 2], [1, 2]));
        layer.bias!.fill_(0.5);
      });
      addLowRank(layer, tensor([1, 1], [1, 2]), tensor([3], [1, 1]), 0.5);
      // W + 0.5 · [3] [1 1] = [2.5, 3.5]; x = [2, −1].
      expect(layer.forward(tensor([2, -1], [1, 2])).item()).toBeCloseTo(2.5 * 2 - 3.5 + 0.5, 6);
      mergeLora(
        new (class extends Module {
          one: Linear = layer;
        })(),
      );
      expect(layer.weight.toArray()).toEqual([2.5, 3.5]);
      expect(layer.lora).toBeNull();
    });
  });

  it('leaves of a pass the output alone, in each dtype', () => {
    scope(() => {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const layer = new Linear(2, 3, true, { ...cpu, dtype });
        addLowRank(layer, randn([1, 2]), randn([3, 1]), 0.5);
        const x = randn([4, 2]).to(dtype);
        const before = memory().tensors;
        layer.forward(x);
        expect(memory().tensors).toBe(before + 1);
      }
    });
  });
});

describe('withLora', () => {
  it('changes nothing at first and trains the additions only', () => {
    scope(() => {
      const model = new Model();
      const x = randn([5, 3]);
      const before = model.layers[0]!.forward(x).toArray();
      const own = model.parameters();
      withLora(model, options(), 0);
      expect(model.layers[0]!.forward(x).toArray()).toEqual(before);
      const trained = trainableParameters(model);
      expect(trained.map(([name, { shape }]) => [name, shape.join()])).toEqual(
        [0, 1].flatMap((i) => [
          [`layers.${i}.q_proj.lora.A`, '2,3'],
          [`layers.${i}.q_proj.lora.B`, '4,2'],
          [`layers.${i}.up_proj.lora.A`, '2,4'],
          [`layers.${i}.up_proj.lora.B`, '2,2'],
        ]),
      );
      expect(trained.every(([, parameter]) => parameter.requiresGrad)).toBe(true);
      expect(own.some((parameter) => parameter.requiresGrad)).toBe(false);
      model.layers[0]!.forward(x).sum().backward();
      expect(own.every((parameter) => parameter.grad === null)).toBe(true);
      expect(model.layers[0]!.q_proj.lora!.A.grad!.norm().item()).toBe(0);
      expect(model.layers[0]!.up_proj.lora!.B.grad!.norm().item()).toBeGreaterThan(0);
    });
  });

  it('draws A uniformly within 1/√in, by seed and name', () => {
    scope(() => {
      const draw = (seed: number) => trainableParameters(withLora(new Model(), options({ rank: 200 }), seed));
      const [first, again, other] = [draw(0), draw(0), draw(1)];
      const values = first[0]![1].toArray();
      const bound = 3 ** -0.5;
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
      expect(Math.max(...values)).toBeGreaterThan(0.95 * bound);
      expect(Math.min(...values)).toBeLessThan(-0.95 * bound);
      expect(again[0]![1].toArray()).toEqual(values);
      expect(other[0]![1].toArray()).not.toEqual(values);
      expect(first[4]![1].toArray()).not.toEqual(values);
    });
  });

  it('takes targets by the end of a name or the whole, never the head', () => {
    scope(() => {
      const chosen = (targets: LoraOptions['targets']) =>
        adaptedLayers(withLora(new Model(), options({ targets }), 0)).map(([path]) => path);
      expect(chosen(['q_proj'])).toEqual(['layers.0.q_proj', 'layers.1.q_proj']);
      expect(chosen(['layers.1.up_proj', '0.q_proj'])).toEqual(['layers.0.q_proj', 'layers.1.up_proj']);
      expect(chosen('all-linear')).not.toContain('lm_head');
      expect(() => chosen(['proj'])).toThrow(/no linear layer is named "proj"\n.*q_proj, up_proj/);
      expect(() => chosen(['lm_head'])).toThrow(/no linear layer is named "lm_head"/);
    });
  });

  it('computes the additions in float32 in a model of half precision', () => {
    scope(() => {
      const model = withLora(new Model({ dtype: 'bfloat16', device: 'cpu' }), options(), 0);
      noGrad(() => {
        for (const [, { lora }] of adaptedLayers(model)) lora!.B.fill_(0.1);
      });
      const x = randn([4, 3]).to('bfloat16');
      const before = model.layers[0]!.forward(x);
      expect(before.dtype).toBe('bfloat16');
      expect(trainableParameters(model).every(([, { dtype }]) => dtype === 'float32')).toBe(true);
      mergeLora(model);
      expect(model.layers[0]!.q_proj.weight.dtype).toBe('bfloat16');
      const error = model.layers[0]!.forward(x).sub(before).abs().max().item();
      expect(error).toBeLessThan(0.05 * before.abs().max().item());
    });
  });
});

describe('mergeLora', () => {
  it('leaves a model that computes the same, and no tensor behind', () => {
    const model = new Model();
    const x = randn([5, 3]);
    const before = memory().tensors;
    withLora(model, options({ alpha: 3 }), 0);
    noGrad(() => {
      for (const [, { lora }] of adaptedLayers(model)) scope(() => lora!.B.copy_(randn(lora!.B.shape)));
    });
    scope(() => {
      const expected = noGrad(() => model.layers[1]!.forward(x)).toArray();
      expect(mergeLora(model)).toBe(model);
      const merged = noGrad(() => model.layers[1]!.forward(x)).toArray();
      for (const [i, value] of merged.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
    });
    expect(adaptedLayers(model)).toEqual([]);
    expect(memory().tensors).toBe(before);
    expect(trainableParameters(model)).toEqual(model.namedParameters());
    model.dispose();
    x.dispose();
  });
});

describe('linearLayers', () => {
  it('finds them by path', () => {
    scope(() => {
      expect(linearLayers(new Model()).map(([path]) => path)).toEqual([
        'layers.0.q_proj',
        'layers.0.up_proj',
        'layers.1.q_proj',
        'layers.1.up_proj',
        'lm_head',
      ]);
    });
  });
});
