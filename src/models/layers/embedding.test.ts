import { expect, it } from 'vitest';
import { indices, scope, tensor } from '../../torch/index.ts';
import { Embedding } from './embedding.ts';

it('looks up a row per token and sums the gradient of repeated ones', () => {
  scope(() => {
    const table = new Embedding(3, 2, { dtype: 'float32', device: 'cpu' });
    table.weight.copy_(tensor([0, 1, 10, 11, 20, 21], [3, 2]));
    table.requiresGrad_();
    const rows = table.forward(indices([2, 0, 2], [1, 3]));
    expect(rows.shape).toEqual([1, 3, 2]);
    expect(rows.toArray()).toEqual([20, 21, 0, 1, 20, 21]);
    rows.sum().backward();
    expect(table.weight.grad!.toArray()).toEqual([1, 1, 0, 0, 2, 2]);
  });
});

it('refuses a token outside the table', () => {
  scope(() => {
    const table = new Embedding(3, 2, { dtype: 'float32', device: 'cpu' });
    expect(() => table.forward(indices([3], [1, 1]))).toThrow(/index out of range/);
  });
});

it('multiplies the rows by a scale, rounded to the dtype of the weights', () => {
  scope(() => {
    for (const [dtype, scale] of [
      ['float64', Math.sqrt(3072)],
      ['bfloat16', 55.5],
    ] as const) {
      const table = new Embedding(1, 2, { dtype, device: 'cpu' }, Math.sqrt(3072));
      table.weight.copy_(tensor([1, 2], [1, 2]));
      expect(table.forward(indices([0], [1])).toArray()).toEqual([scale, 2 * scale]);
    }
  });
});
