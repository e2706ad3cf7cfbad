import { describe, expect, it } from 'vitest';
import { randn, scope, tensor } from '../../torch/index.ts';
import { RMSNorm, rmsNorm } from './rms-norm.ts';

const cpu = { dtype: 'float32', device: 'cpu' } as const;

describe('RMSNorm', () => {
  it('divides by the root mean square and scales', () => {
    scope(() => {
      const norm = new RMSNorm(2, 1, cpu);
      norm.weight.copy_(tensor([1, 10]));
      // √(mean(1, 49) + 1) = √26
      const y = norm.forward(tensor([1, 7], [1, 2])).toArray();
      expect(y[0]).toBeCloseTo(1 / Math.sqrt(26), 6);
      expect(y[1]).toBeCloseTo(70 / Math.sqrt(26), 5);
    });
  });

  it('multiplies by 1 + w where its offset is 1, and starts at w = 0', () => {
    scope(() => {
      const norm = new RMSNorm(2, 1, cpu, 1);
      expect(norm.startsAtZero).toBe(true);
      norm.weight.copy_(tensor([0, 9]));
      const plain = new RMSNorm(2, 1, cpu);
      plain.weight.copy_(tensor([1, 10]));
      const x = tensor([1, 7], [1, 2]);
      expect(norm.forward(x).toArray()).toEqual(plain.forward(x).toArray());
    });
  });

  it('rounds after the product with 1 + w: a w below the steps of bfloat16 at 1 counts', () => {
    scope(() => {
      const norm = new RMSNorm(2, 1e-12, { ...cpu, dtype: 'bfloat16' }, 1);
      norm.weight.fill_(0.0029);
      // 1.4 is 1.3984375 in bfloat16, and 1.4 · 1.0029 is 1.40625.
      expect(norm.forward(tensor([1, 7], [1, 2], { dtype: 'bfloat16' })).toArray()[1]).toBe(1.40625);
    });
  });

  it('takes its statistics in float32: squares beyond the range of float16 do not overflow', () => {
    scope(() => {
      const norm = new RMSNorm(2, 1e-6, { ...cpu, dtype: 'float16' });
      norm.weight.fill_(1);
      const y = norm.forward(tensor([300, -300], [1, 2], { dtype: 'float16' }));
      expect(y.dtype).toBe('float16');
      expect(y.toArray()).toEqual([1, -1]);
    });
  });

  it('is the composed form, whichever this torch uses', () => {
    scope(() => {
      for (const dtype of ['float32', 'float64', 'bfloat16'] as const) {
        const norm = new RMSNorm(8, 1e-6, { ...cpu, dtype });
        norm.weight.copy_(randn([8]));
        const x = randn([3, 8]).to(dtype);
        const difference = norm
          .forward(x)
          .sub(rmsNorm(x, norm.weight, 1e-6))
          .abs()
          .max()
          .item();
        expect(difference, dtype).toBeLessThan(dtype === 'bfloat16' ? 0.04 : 1e-6);
      }
    });
  });

  it('has a gradient orthogonal to its input, since scaling the input changes nothing', () => {
    scope(() => {
      const x = randn([1, 8], { dtype: 'float64' }).requiresGrad_();
      const weight = randn([8], { dtype: 'float64' });
      rmsNorm(x, weight, 1e-12)
        .mul(randn([8], { dtype: 'float64' }))
        .sum()
        .backward();
      expect(Math.abs(x.grad!.mul(x).sum().item())).toBeLessThan(1e-9);
      expect(x.grad!.norm().item()).toBeGreaterThan(1e-3);
    });
  });
});
