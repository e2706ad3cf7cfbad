import { describe, expect, it } from 'vitest';
import { linear, noGrad, randn, scope, type Tensor } from '../../torch/index.ts';
import { parseConfig } from '../config.ts';
import { initModel } from '../init.ts';
import { fewRowsLinear } from './few-rows.ts';

/** The largest difference from `linear` in float64, over the largest Σ |x| |w| + |b|: terms that cancel take no digits from it. */
function distance(x: Tensor, weight: Tensor, bias: Tensor | null): number {
  return scope(() => {
    const wide = (t: Tensor) => t.to('float64');
    const expected = linear(wide(x), wide(weight), bias === null ? null : wide(bias));
    const found = wide(fewRowsLinear(x, weight, bias));
    const terms = linear(wide(x).abs(), wide(weight).abs(), bias === null ? null : wide(bias).abs());
    expect(found.shape).toEqual(expected.shape);
    return found.sub(expected).abs().max().item() / terms.max().item();
  });
}

describe('fewRowsLinear', () => {
  it.each(['float32', 'bfloat16'] as const)(
    'is x Wᵀ + b in %s, for any number of rows, inputs and outputs',
    (dtype) => {
      scope(() => {
        const bound = dtype === 'float32' ? 1e-6 : 1e-2;
        for (const rows of [1, 2, 3, 7, 8, 9])
          for (const [outputs, inputs] of [
            [1, 1],
            [5, 16],
            [64, 33],
            [129, 576],
          ] as const) {
            const x = randn([1, rows, inputs]).to(dtype);
            const weight = randn([outputs, inputs]).to(dtype);
            expect(distance(x, weight, null)).toBeLessThan(bound);
            expect(distance(x, weight, randn([outputs]).to(dtype))).toBeLessThan(bound);
          }
      });
    },
  );

  it('takes rows that are not contiguous', () => {
    scope(() => {
      expect(distance(randn([16, 2]).transpose(), randn([4, 16]), null)).toBeLessThan(1e-6);
    });
  });

  it('leaves a gradient to linear', () => {
    scope(() => {
      const [x, weight] = [randn([2, 8]).requiresGrad_(), randn([3, 8])];
      fewRowsLinear(x, weight, null).sum().backward();
      expect(x.grad!.sub(weight.sum(0)).abs().max().item()).toBeLessThan(1e-6);
    });
  });
});

describe('a model that reads few rows', () => {
  const keys = { vocab_size: 40, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2 };
  const heads = { num_attention_heads: 2, num_key_value_heads: 1 };

  it.each(['llama', 'qwen2', 'qwen3'])(
    'computes the logits of %s as before, to the last digits',
    (model_type) => {
      scope(() => {
        const config = parseConfig({ model_type, ...keys, ...heads }, 'test');
        const model = initModel(config, 0, { scheme: 'scaled' });
        const tokens = randn([1, 6]).abs().mul(10).to('int64');
        const before = noGrad(() => model.forward({ tokens }));
        model.readFewRows!();
        const after = noGrad(() => model.forward({ tokens }));
        const difference = after.sub(before).abs().max().item();
        expect(difference).toBeLessThan(1e-5);
        // Another order of sums: that nothing differs at all would mean that nothing has changed.
        expect(difference).toBeGreaterThan(0);
      });
    },
  );
});
