import { describe, expect, it } from 'vitest';
import { randn, scope } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { rmsNorm } from './rms-norm.ts';
import type { NormOffset } from './rms-norm-kernel.ts';
import { addedRmsNormKernel, rmsNormKernel } from './rms-norm-kernel.ts';
import { apart, leaves } from './testing.ts';

const EPS = 1e-5;

describe('rmsNormKernel', () => {
  it.each([
    ['a row in a part of a warp', 64, 'float32'],
    ['a row in a warp', 256, 'bfloat16'],
    ['a row in several warps', 896, 'bfloat16'],
    ['a row in as many as there are', 8192, 'bfloat16'],
    ['rows that are no multiple of 16 bytes', 77, 'float32'],
    ['gains of 1 + w', 96, 'float32', 1],
    ['gains of 1 + w in bfloat16', 896, 'bfloat16', 1],
  ] as const)(
    'is the composed form, forward and backward: %s',
    (_, columns, dtype, offset: NormOffset = 0) => {
      const tolerance = dtype === 'float32' ? 1e-5 : 0.01;
      scope(() => {
        const [x, wideX] = leaves([3, 7, columns], dtype);
        const [weight, wideWeight] = leaves([columns], dtype);
        const gradient = randn([3, 7, columns]).to(dtype);
        const found = withHostKernels(() => rmsNormKernel(x, weight, EPS, offset)!);
        const expected = rmsNorm(wideX, wideWeight, EPS, offset);
        expect(apart(found, expected)).toBeLessThan(tolerance);
        found.backward(gradient);
        expected.backward(gradient.to('float32'));
        expect(apart(x.grad!, wideX.grad!)).toBeLessThan(tolerance);
        expect(apart(weight.grad!, wideWeight.grad!)).toBeLessThan(tolerance);
      });
    },
  );

  it('adds a residual first, and joins the gradients of the sum and of the norm', () => {
    scope(() => {
      const [x, wideX] = leaves([5, 96], 'float32');
      const [more, wideMore] = leaves([5, 96], 'float32');
      const [weight, wideWeight] = leaves([96], 'float32');
      const [sum, y] = withHostKernels(() => addedRmsNormKernel(x, more, weight, EPS)!);
      const wideSum = wideX.add(wideMore);
      const expected = rmsNorm(wideSum, wideWeight, EPS);
      expect(apart(sum, wideSum)).toBe(0);
      expect(apart(y, expected)).toBeLessThan(1e-5);
      const factors = randn([5, 96]);
      sum.square().add(y.mul(factors)).sum().backward();
      wideSum.square().add(expected.mul(factors)).sum().backward();
      expect(apart(x.grad!, wideX.grad!)).toBeLessThan(1e-5);
      expect(apart(more.grad!, wideMore.grad!)).toBeLessThan(1e-5);
      expect(apart(weight.grad!, wideWeight.grad!)).toBeLessThan(1e-5);
    });
  });

  it('has no gradient through a norm that is not used', () => {
    scope(() => {
      const [x] = leaves([5, 96], 'float32');
      const [weight] = leaves([96], 'float32');
      const [sum] = withHostKernels(() => addedRmsNormKernel(x, randn([5, 96]), weight, EPS)!);
      sum.mul(3).sum().backward();
      expect(x.grad!.sub(3).abs().max().item()).toBe(0);
      expect(weight.grad!.abs().max().item()).toBe(0);
    });
  });

  it('computes the gradient of the weight alone where the input needs none', () => {
    scope(() => {
      const x = randn([4, 32]);
      const [weight, wide] = leaves([32], 'float32');
      withHostKernels(() => rmsNormKernel(x, weight, EPS)!)
        .sum()
        .backward();
      rmsNorm(x, wide, EPS).sum().backward();
      expect(apart(weight.grad!, wide.grad!)).toBeLessThan(1e-5);
    });
  });

  it('leaves rows that are too long, and the CPU outside of tests, to the composed form', () => {
    scope(() => {
      withHostKernels(() => expect(rmsNormKernel(randn([1, 10_000]), randn([10_000]), EPS)).toBeNull());
      expect(rmsNormKernel(randn([2, 8]), randn([8]), EPS)).toBeNull();
    });
  });
});
