import { describe, expect, it } from 'vitest';
import { scope, type Tensor, tensor } from '../../torch/index.ts';
import { activations, GatedMLP } from './mlp.ts';

const cpu = { dtype: 'float64', device: 'cpu' } as const;
const at = (activation: keyof typeof activations, x: number): number =>
  scope(() => activations[activation](tensor([x], [1], { dtype: 'float64' })).item());

describe('activations', () => {
  it.each([
    ['silu', 1, 0.7310585786300049],
    ['swish', -2, -0.2384058440442351],
    ['relu', -3, 0],
    // Φ(1) exactly, and by the tanh formula.
    ['gelu', 1, 0.8413447460685429],
    ['gelu_new', 1, 0.8411919906082768],
    ['gelu_pytorch_tanh', 1, 0.8411919906082768],
  ] as const)('%s(%d)', (name, x, expected) => {
    expect(at(name, x)).toBeCloseTo(expected, 12);
  });
});

describe('GatedMLP', () => {
  it('computes down(act(gate(x)) · up(x)) with biases where asked', () => {
    scope(() => {
      const mlp = new GatedMLP({ hiddenSize: 1, intermediateSize: 2, activation: 'relu', bias: true }, cpu);
      const set = (parameter: Tensor, values: number[]): Tensor =>
        parameter.copy_(tensor(values, parameter.shape, { dtype: 'float64' }));
      set(mlp.gate_proj.weight, [1, -1]);
      set(mlp.gate_proj.bias!, [0, 1]);
      set(mlp.up_proj.weight, [2, 3]);
      set(mlp.up_proj.bias!, [1, 0]);
      set(mlp.down_proj.weight, [10, 100]);
      set(mlp.down_proj.bias!, [0.5]);
      // x = 2: gate relu(2, −1) = (2, 0), up (5, 6), down 10 · 10 + 0 + 0.5; x = −1: gate (0, 2), up (−1, −3).
      expect(mlp.forward(tensor([2, -1], [2, 1], { dtype: 'float64' })).toArray()).toEqual([100.5, -599.5]);
    });
  });

  it('has no biases unless asked', () => {
    scope(() => {
      const mlp = new GatedMLP({ hiddenSize: 2, intermediateSize: 4, activation: 'silu', bias: false }, cpu);
      const names = mlp.namedParameters().map(([name]) => name);
      expect(names).toEqual(['gate_proj.weight', 'up_proj.weight', 'down_proj.weight']);
    });
  });
});
