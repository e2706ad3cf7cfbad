import { describe, expect, it } from 'vitest';
import { Generator, indices, linear, randn, scope, type Tensor, tensor } from '../../torch/index.ts';
import { LogprobPass } from './logprobs.ts';

const N = 23;
const D = 5;
const V = 11;

/** Loss, and the gradients of hidden states and head, with the given budget of logits. */
function run(budget: number, temperature: number, entropyGradient = false) {
  return scope(() => {
    const generator = new Generator(3);
    const weight = randn([V, D], { generator, dtype: 'float64' }).requiresGrad_();
    const input = randn([N, D], { generator, dtype: 'float64' }).requiresGrad_();
    const coefficients = randn([N], { generator, dtype: 'float64' });
    const targets = indices(Array.from({ length: N }, (_, i) => (7 * i) % V));
    const hidden = input.mul(2);
    const pass = new LogprobPass({ logits: (x) => linear(x, weight) }, hidden, targets, V, {
      budget,
      temperature,
      entropyGradient,
    });
    const surrogate = pass.logprobs.mul(coefficients).square().sum();
    const loss = entropyGradient ? surrogate.sub(pass.entropy.mul(coefficients).sum()) : surrogate;
    pass.backward(loss);
    const values = (of: Tensor): number[] => of.toArray();
    return {
      loss: loss.item(),
      logprobs: values(pass.logprobs.detach()),
      entropy: values(pass.entropy.detach()),
      head: values(weight.grad!),
      input: values(input.grad!),
    };
  });
}

describe('LogprobPass', () => {
  it.each([1, 0.7])('computes the same in chunks as at once (temperature %d)', (temperature) => {
    const whole = run(N * V, temperature);
    for (const budget of [1, 4 * V, 7 * V + 3, 22 * V]) {
      const chunked = run(budget, temperature);
      expect(chunked.loss).toBeCloseTo(whole.loss, 10);
      for (const key of ['logprobs', 'entropy', 'head', 'input'] as const) {
        for (const [i, value] of whole[key].entries()) expect(chunked[key][i]).toBeCloseTo(value, 10);
      }
    }
  });

  it('tells which targets are the most probable token, where asked, in chunks as at once', () => {
    scope(() => {
      const hidden = tensor([3, 1, 0, 2, 5, 4, 1, 1, 9], [3, 3]);
      const targets = indices([0, 2, 2]);
      const correct = (budget: number, accuracy: boolean) =>
        new LogprobPass({ logits: (x) => x }, hidden, targets, 3, { budget, accuracy }).correct?.toArray() ??
        null;
      expect(correct(9, true)).toEqual([1, 0, 1]);
      expect(correct(3, true)).toEqual([1, 0, 1]);
      expect(correct(9, false)).toBeNull();
      expect(correct(3, false)).toBeNull();
    });
  });

  it('backpropagates a loss of the entropy too, in chunks as at once', () => {
    const plain = run(N * V, 1);
    const whole = run(N * V, 1, true);
    for (const budget of [1, 7 * V + 3]) {
      const chunked = run(budget, 1, true);
      for (const key of ['head', 'input'] as const) {
        for (const [i, value] of whole[key].entries()) expect(chunked[key][i]).toBeCloseTo(value, 10);
        expect(whole[key].some((value, i) => Math.abs(value - plain[key][i]!) > 1e-3)).toBe(true);
      }
    }
  });

  it('adds its gradient to that of another loss of the same states, in chunks as at once', () => {
    const gradient = (budget: number): number[] =>
      scope(() => {
        const generator = new Generator(3);
        const weight = randn([V, D], { generator, dtype: 'float64' });
        const states = randn([N, D], { generator, dtype: 'float64' }).requiresGrad_();
        const targets = indices(Array.from({ length: N }, (_, i) => (7 * i) % V));
        const pass = new LogprobPass({ logits: (x) => linear(x, weight) }, states, targets, V, { budget });
        pass.backward(pass.logprobs.sum().add(states.square().sum()));
        return states.grad!.toArray();
      });
    const whole = gradient(N * V);
    for (const [i, value] of gradient(4 * V).entries()) expect(value).toBeCloseTo(whole[i]!, 10);
  });

  it('agrees with log-softmax and entropy by hand', () => {
    scope(() => {
      const logits = randn([2, 3], { generator: new Generator(1), dtype: 'float64' });
      const pass = new LogprobPass({ logits: (x) => x }, logits, indices([2, 0]), 3);
      const rows = [logits.toArray().slice(0, 3), logits.toArray().slice(3)];
      for (const [i, row] of rows.entries()) {
        const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
        const p = row.map((x) => Math.exp(x) / total);
        expect(pass.logprobs.toArray()[i]).toBeCloseTo(Math.log(p[[2, 0][i]!]!), 12);
        expect(pass.entropy.toArray()[i]).toBeCloseTo(-p.reduce((sum, x) => sum + x * Math.log(x), 0), 12);
      }
    });
  });
});
