import { describe, expect, it } from 'vitest';
import { cat, Generator, ones, randn, scope, type Tensor, zeros } from '../../torch/index.ts';
import { attendWithSinks } from './sink-attention.ts';

const [B, H, KV, T, D] = [2, 4, 2, 5, 6];

/** By its definition: the sink is a column of the scores, whose share is dropped. */
function slow(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, sinks: Tensor): Tensor {
  const each = (x: Tensor): Tensor => x.repeatInterleave(H / KV, 1);
  const scores = q
    .mul(D ** -0.5)
    .matmul(each(k).transpose())
    .add(bias);
  const all = cat([scores, sinks.view([1, H, 1, 1]).expand([B, H, q.size(2), 1])], 3);
  return all.softmax(-1).narrow(3, 0, scores.size(3)).matmul(each(v));
}

describe('attention with sinks', () => {
  it.each([
    ['a causal pass', T, true],
    ['a mask', T + 3, false],
    ['one token', 7, false],
  ] as const)('is what its definition says, with its gradients: %s', (what, S, causal) => {
    scope(() => {
      const generator = new Generator(5);
      const queries = what === 'one token' ? 1 : T;
      const leaf = (...shape: number[]): Tensor =>
        randn(shape, { generator, dtype: 'float64' }).requiresGrad_();
      const inputs = [leaf(B, H, queries, D), leaf(B, KV, S, D), leaf(B, KV, S, D), leaf(H)] as const;
      const [q, k, v, sinks] = inputs;
      const hidden = ones([queries, S], { dtype: 'bool' }).triu(S - queries + 1);
      const bias = zeros([1, 1, queries, S], { dtype: 'float64' }).maskedFill_(hidden, -1e30);
      const direction = randn([B, H, queries, D], { generator, dtype: 'float64' });
      const gradients = (out: Tensor): number[][] => {
        out.mul(direction).sum().backward();
        return inputs.map((input) => {
          const values = input.grad!.toArray();
          input.setGrad(null);
          return values;
        });
      };
      const mask = { bias: causal ? null : bias, causal };
      const [own, known] = [attendWithSinks(q, k, v, mask, sinks), slow(q, k, v, bias, sinks)];
      expect(own.sub(known).abs().max().item()).toBeLessThan(1e-12);
      const [found, expected] = [gradients(own), gradients(known)];
      for (const [i, values] of found.entries())
        for (const [j, value] of values.entries()) expect(value).toBeCloseTo(expected[i]![j]!, 10);
    });
  });

  it('takes a head out whose sink is large, and leaves one whose sink is small', () => {
    scope(() => {
      const generator = new Generator(1);
      const [q, k, v] = [H, KV, KV].map((heads) => randn([B, heads, T, D], { generator })) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const sinks = cat([zeros([2]).add(1e4), zeros([2]).sub(1e4)]);
      const mask = { bias: null, causal: true };
      const out = attendWithSinks(q, k, v, mask, sinks);
      expect(out.narrow(1, 0, 2).abs().max().item()).toBe(0);
      // The first token sees itself alone.
      const first = out
        .narrow(1, 2, 2)
        .select(2, 0)
        .sub(v.narrow(1, 1, 1).select(2, 0));
      expect(first.abs().max().item()).toBeLessThan(1e-6);
    });
  });
});
