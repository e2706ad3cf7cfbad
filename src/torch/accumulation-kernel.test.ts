import { describe, expect, it } from 'vitest';
import { accumulateInto } from './accumulation-kernel.ts';
import { randn, zeros } from './functional.ts';
import { scope } from './scope.ts';
import { withHostKernels } from './testing.ts';

describe('accumulateInto', () => {
  it.each([0, 1])('adds each gradient in float32, at any place in memory: offset %i', (offset) => {
    scope(() => {
      const all = zeros([20]);
      const target = all.narrow(0, offset, 19);
      const leaf = randn([19]).to('bfloat16').requiresGrad_();
      const held = withHostKernels(() => accumulateInto(leaf, target));
      expect(held).not.toBeNull();
      const gradients = [
        randn([19]).to('bfloat16'),
        randn([19])
          .to('bfloat16')
          .mul(2 ** -12),
      ];
      for (const gradient of gradients) scope(() => leaf.mul(1).backward(gradient));
      expect(leaf.grad).toBeNull();
      const sum = gradients[0]!.to('float32').add(gradients[1]!.to('float32'));
      expect(target.toArray()).toEqual(sum.toArray());
      held!.dispose();
      leaf.mul(1).backward(gradients[0]);
      expect(leaf.grad!.toArray()).toEqual(gradients[0]!.toArray());
      expect(target.toArray()).toEqual(sum.toArray());
      expect(all.norm().item()).toBeCloseTo(target.norm().item(), 6);
    });
  });

  it('adds stretches of a leaf to their places, at odd bounds too', () => {
    scope(() => {
      const target = zeros([40]);
      const leaf = randn([6, 5]).to('bfloat16').requiresGrad_();
      const stretches = [
        { from: 0, to: 21, count: 16 },
        { from: 16, to: 3, count: 9 },
        { from: 25, to: 12, count: 5 },
      ];
      withHostKernels(() => accumulateInto(leaf, target, stretches)!);
      const gradient = randn([6, 5]).to('bfloat16');
      leaf.mul(1).backward(gradient);
      const expected = Array<number>(40).fill(0);
      const given = gradient.toArray();
      for (const { from, to, count } of stretches)
        for (let i = 0; i < count; i++) expected[to + i] = given[from + i]!;
      expect(target.toArray()).toEqual(expected);
      const outside = [{ from: 26, to: 0, count: 5 }];
      expect(() => accumulateInto(leaf, target, outside)).toThrow('5 elements from 26 to 0: of 30 to 40');
    });
  });

  it('leaves other dtypes and the CPU outside of tests to torch', () => {
    scope(() => {
      const leaf = randn([4]).requiresGrad_();
      expect(withHostKernels(() => accumulateInto(leaf, zeros([4])))).toBeNull();
      expect(accumulateInto(leaf.detach().to('bfloat16').requiresGrad_(), zeros([4]))).toBeNull();
    });
  });
});
