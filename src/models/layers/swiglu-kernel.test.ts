import { describe, expect, it } from 'vitest';
import { cat, randn, scope } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { mergedSwigluKernel, swigluKernel } from './swiglu-kernel.ts';
import { apart, leaves } from './testing.ts';

describe('swigluKernel', () => {
  it.each([
    [48, 'bfloat16'],
    [25, 'float32'],
  ] as const)('is the composed form, forward and backward: %i columns, %s', (columns, dtype) => {
    const tolerance = dtype === 'float32' ? 1e-5 : 0.01;
    scope(() => {
      const [gate, wideGate] = leaves([3, 7, columns], dtype);
      const [up, wideUp] = leaves([3, 7, columns], dtype);
      const gradient = randn([3, 7, columns]).to(dtype);
      const found = withHostKernels(() => swigluKernel(gate, up)!);
      const expected = wideGate.silu().mul(wideUp);
      expect(apart(found, expected)).toBeLessThan(tolerance);
      found.backward(gradient);
      expected.backward(gradient.to('float32'));
      expect(apart(gate.grad!, wideGate.grad!)).toBeLessThan(tolerance);
      expect(apart(up.grad!, wideUp.grad!)).toBeLessThan(tolerance);
    });
  });

  it('reads gate and up side by side', () => {
    scope(() => {
      const [gate, wideGate] = leaves([5, 24], 'float32');
      const [up, wideUp] = leaves([5, 24], 'float32');
      const factors = randn([5, 24]);
      const found = withHostKernels(() => mergedSwigluKernel(cat([gate, up], 1))!);
      const expected = wideGate.silu().mul(wideUp);
      expect(apart(found, expected)).toBeLessThan(1e-5);
      found.mul(factors).sum().backward();
      expected.mul(factors).sum().backward();
      expect(apart(gate.grad!, wideGate.grad!)).toBeLessThan(1e-5);
      expect(apart(up.grad!, wideUp.grad!)).toBeLessThan(1e-5);
    });
  });
});
