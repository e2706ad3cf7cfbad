import { describe, expect, it } from 'vitest';
import { ScalarHead } from '../../models/index.ts';
import { Linear, loraSchema, Module, RMSNorm, withLora } from '../../models/layers/index.ts';
import { noGrad, ones, randn, scope } from '../../torch/index.ts';
import { FlatParameters } from './flat-parameters.ts';
import { backward, layer } from './testing.ts';

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

/** Two layers, one with LoRA or a head of its own, as a model loads them: in float32. */
class Mixed extends Module {
  head: ScalarHead = new ScalarHead(2, cpu);
  body: Linear = new Linear(2, 2, true, cpu);

  constructor() {
    super();
    noGrad(() => {
      for (const parameter of this.parameters()) scope(() => parameter.copy_(randn(parameter.shape)));
    });
  }
}

describe('FlatParameters of a model that computes in bfloat16', () => {
  it('keeps the values exactly, and rounds them for the model', () => {
    scope(() => {
      const model = new Mixed();
      const exact = new Map(model.namedParameters().map(([name, one]) => [name, one.toArray()]));
      const flat = new FlatParameters(model, 'bfloat16');
      // What is rounded comes first: body.weight 4, body.bias 2, head.weight 2.
      expect(flat.values.dtype).toBe('float32');
      expect(flat.values.toArray()).toEqual(
        ['body.weight', 'body.bias', 'head.weight'].flatMap((name) => exact.get(name)!),
      );
      expect(flat.matrices).toEqual([
        [0, 4],
        [6, 2],
      ]);
      expect(flat.masterBytes).toBe(6 * 4);
      for (const [name, values] of exact) {
        expect(flat.valuesOf(name)!.toArray()).toEqual(values);
        const own = model.stateDict().get(name)!;
        const dtype = name === 'head.weight' ? 'float32' : 'bfloat16';
        expect(own.dtype).toBe(dtype);
        expect(own.toArray()).toEqual(flat.valuesOf(name)!.to(dtype).toArray());
      }
      expect(flat.valuesOf('none')).toBeUndefined();
    });
  });

  it('adds gradients up in float32: bfloat16 would stop at 256 ones', () => {
    scope(() => {
      const model = new Mixed();
      const flat = new FlatParameters(model, 'bfloat16');
      const x = ones([1, 2], { dtype: 'bfloat16' });
      for (let i = 0; i < 300; i++) scope(() => model.body.forward(x).sum().backward());
      expect(flat.gradients.dtype).toBe('float32');
      expect(flat.gradients.toArray()).toEqual([...Array(6).fill(300), 0, 0]);
      expect(model.body.bias!.grad!.toArray()).toEqual([300, 300]);
    });
  });

  it('publishes steps too small for bfloat16 once they have added up', () => {
    scope(() => {
      const model = new Mixed();
      noGrad(() => scope(() => model.body.weight.fill_(1)));
      const flat = new FlatParameters(model, 'bfloat16');
      const step = () => {
        noGrad(() => flat.values.add_(1 / 1024));
        flat.publish();
        return model.body.weight.toArray()[0];
      };
      // Between 1 and 2, bfloat16 has steps of 1/128; ties go to the even one.
      expect([step(), step(), step(), step(), step()]).toEqual([1, 1, 1, 1, 1 + 1 / 128]);
    });
  });

  it('leaves LoRA in float32, over weights in bfloat16', () => {
    scope(() => {
      const model = new Mixed().to('bfloat16');
      withLora(model, { ...loraSchema.parse({}), rank: 1, targets: ['body'] }, 0);
      const flat = new FlatParameters(model, 'bfloat16');
      expect([flat.values.dtype, flat.values.numel, flat.masterBytes]).toEqual(['float32', 4, 0]);
      expect(model.body.weight.dtype).toBe('bfloat16');
      expect(model.body.lora!.A.dtype).toBe('float32');
      const out = model.body.forward(ones([1, 2], { dtype: 'bfloat16' }));
      expect(out.dtype).toBe('bfloat16');
      out.sum().backward();
      expect(flat.gradients.norm().item()).toBeGreaterThan(0);
    });
  });

  it('rounds weights that were loaded in bfloat16 no further', () => {
    scope(() => {
      const model = new Model().to('bfloat16');
      const before = model.parameters().flatMap((parameter) => parameter.toArray());
      const flat = new FlatParameters(model);
      expect([flat.values.dtype, flat.gradients.dtype]).toEqual(['float32', 'float32']);
      expect(flat.values.toArray()).toEqual(before);
      expect(model.first.weight.dtype).toBe('bfloat16');
    });
  });
});
