import { describe, expect, it } from 'vitest';
import { randn, scope, type Tensor } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { Int8Weight } from './int8-weight.ts';
import { Linear } from './linear.ts';
import { Nf4Weight } from './nf4-weight.ts';
import type { QuantisedWeight } from './quantised-weight.ts';

const FORMATS = { nf4: Nf4Weight, int8: Int8Weight };

function quantised(format: keyof typeof FORMATS, shape: readonly [number, number]): QuantisedWeight {
  const weight = new FORMATS[format](shape, 'cpu');
  weight.store(randn(shape));
  return weight;
}

describe.each(['nf4', 'int8'] as const)('the kernels of %s', (format) => {
  it('dequantise exactly as operators do', () => {
    scope(() => {
      for (const shape of [
        [24, 128],
        [5, 72],
      ] as const) {
        const weight = quantised(format, shape);
        for (const dtype of ['bfloat16', 'float32'] as const) {
          const composed = weight.dequantised(dtype);
          const found = withHostKernels(() => weight.dequantised(dtype));
          expect(found.dtype).toBe(dtype);
          expect(found.shape).toEqual(shape);
          expect(found.toArray()).toEqual(composed.toArray());
        }
      }
    });
  });

  it.each([
    { rows: 1, inputs: 128, bias: true },
    { rows: 13, inputs: 384, bias: false },
  ])('multiply $rows rows of $inputs inputs, with a bias $bias', ({ rows, inputs, bias: hasBias }) => {
    scope(() => {
      const outputs = 24;
      const weight = quantised(format, [outputs, inputs]);
      const x = randn([1, rows, inputs]).to('bfloat16');
      const bias = hasBias ? randn([outputs]).to('bfloat16') : null;
      const found = withHostKernels(() => weight.product(x, bias)!);
      expect(found.shape).toEqual([1, rows, outputs]);
      const plain = x.to('float64').matmul(weight.dequantised('bfloat16').to('float64').transpose());
      const expected = bias === null ? plain : plain.add(bias.to('float64'));
      const off = found.to('float64').sub(expected).abs();
      // Half a unit in the last place of bfloat16, and the sums of float32.
      expect(
        off
          .sub(expected.abs().mul(2 ** -8))
          .max()
          .item(),
      ).toBeLessThan(1e-4);
    });
  });

  it('leave to dequantised weights what they do not compute', () => {
    scope(() => {
      const weight = quantised(format, [8, 128]);
      const product = (x: Tensor): Tensor | null => withHostKernels(() => weight.product(x, null));
      expect(product(randn([17, 128]).to('bfloat16'))).toBeNull();
      expect(product(randn([2, 128]).to('bfloat16').requiresGrad_())).toBeNull();
      // On the CPU int8 has an operator of its own (int8-weight.test.ts).
      if (format === 'int8') return;
      expect(product(randn([2, 128]))).toBeNull();
      expect(weight.product(randn([2, 128]).to('bfloat16'), null)).toBeNull();
    });
  });

  it('are what a layer of few rows computes with', () => {
    scope(() => {
      const layer = new Linear(128, 8, false, { dtype: 'bfloat16', device: 'cpu' });
      layer.quantised = quantised(format, [8, 128]);
      const x = randn([3, 128]).to('bfloat16');
      const [composed, found] = [layer.forward(x), withHostKernels(() => layer.forward(x))];
      expect(found.sub(composed).abs().max().item()).toBeLessThan(0.02 * composed.abs().max().item());
    });
  });
});
