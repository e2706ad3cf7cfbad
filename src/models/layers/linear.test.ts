import { expect, it } from 'vitest';
import { scope, tensor } from '../../torch/index.ts';
import { Linear } from './linear.ts';

const cpu = { dtype: 'float32', device: 'cpu' } as const;

it('computes x Wᵀ + b over the last dimension', () => {
  scope(() => {
    const layer = new Linear(2, 3, true, cpu);
    layer.weight.copy_(tensor([1, 2, 3, 4, 5, 6], [3, 2]));
    layer.bias!.copy_(tensor([10, 20, 30]));
    const y = layer.forward(tensor([1, -1, 0, 1], [2, 1, 2]));
    expect(y.shape).toEqual([2, 1, 3]);
    expect(y.toArray()).toEqual([9, 19, 29, 12, 24, 36]);
  });
});

it('has no bias unless asked', () => {
  scope(() => {
    const layer = new Linear(2, 1, false, cpu);
    layer.weight.fill_(2);
    expect(layer.bias).toBeNull();
    expect(layer.forward(tensor([1, 2], [1, 2])).toArray()).toEqual([6]);
  });
});
