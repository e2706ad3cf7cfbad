import { describe, expect, it } from 'vitest';
import { testDevice as device } from '../../../tests/support/device.ts';
import { Generator, memory, randn, scope, setThreads, tensor, threads } from '../../torch/index.ts';
import { Int8Weight } from './int8-weight.ts';

describe('Int8Weight', () => {
  it('scales each row to ±127 and rounds', () => {
    scope(() => {
      const weight = new Int8Weight([3, 3], device);
      weight.store(tensor([127, -63.4, 2.6, 0.5, -1, 0.25, 0, 0, 0], [3, 3]));
      expect(weight.codes.flatten().toArray()).toEqual([127, -63, 3, 64, -127, 32, 0, 0, 0]);
      expect(weight.dequantised('float32').toArray().slice(0, 3)).toEqual([127, -63, 3]);
      expect(weight.dequantised('float32').toArray().slice(6)).toEqual([0, 0, 0]);
    });
  });

  it.each([
    [3, 5],
    [64, 33],
  ])('moves no weight of [%i, %i] by more than half a step of its row', (out, inputs) => {
    scope(() => {
      const values = randn([out, inputs], { generator: new Generator(1) });
      const weight = new Int8Weight([out, inputs], device);
      weight.store(values);
      const off = weight.dequantised('float32').to('cpu').sub(values).abs();
      const step = values.abs().amax(1, true).div(127);
      expect(off.sub(step.mul(0.5001)).max().item()).toBeLessThan(0);
    });
  });

  it('takes a byte a weight and 4 a row, and no more after a product', () => {
    scope(() => {
      const before = memory().bytes;
      const weight = new Int8Weight([128, 256], device);
      expect(memory().bytes - before).toBe(128 * 256 + 4 * 128);
      const held = memory();
      expect(weight.dequantised('bfloat16').dtype).toBe('bfloat16');
      weight.dequantised('float32').dispose();
      expect(memory().bytes - held.bytes).toBe(2 * 128 * 256);
    });
  });

  it.runIf(device === 'cpu').each([
    { rows: 1, inputs: 576, outputs: 70, threads: 1 },
    { rows: 3, inputs: 37, outputs: 5, threads: 2 },
    { rows: 7, inputs: 16, outputs: 4, threads: 1 },
    { rows: 16, inputs: 200, outputs: 131, threads: 2 },
  ])('multiplies $rows rows as the dequantised weight does: [$outputs, $inputs]', (shape) => {
    const { rows, inputs, outputs } = shape;
    const before = threads();
    setThreads(shape.threads);
    scope(() => {
      const generator = new Generator(rows);
      const weight = new Int8Weight([outputs, inputs], device);
      weight.store(randn([outputs, inputs], { generator }));
      // Rows that are not side by side in memory.
      const x = randn([inputs, rows], { generator }).transpose().unsqueeze(0);
      const bias = randn([outputs], { generator });
      for (const own of [null, bias]) {
        const found = weight.product(x, own)!;
        expect(found.shape).toEqual([1, rows, outputs]);
        const exact = x.to('float64').matmul(weight.dequantised('float32').to('float64').transpose());
        const expected = own === null ? exact : exact.add(own.to('float64'));
        expect(found.sub(expected).abs().max().item()).toBeLessThan(1e-5 * Math.sqrt(inputs));
      }
      const narrow = weight.product(x.to('bfloat16'), bias.to('bfloat16'))!;
      expect(narrow.dtype).toBe('bfloat16');
      expect(narrow.sub(weight.product(x, bias)!).abs().max().item()).toBeLessThan(0.02 * Math.sqrt(inputs));
    });
    setThreads(before);
  });

  it.runIf(device === 'cpu')('leaves many rows, and rows with history, to the dequantised weight', () => {
    scope(() => {
      const weight = new Int8Weight([8, 16], device);
      weight.store(randn([8, 16]));
      expect(weight.product(randn([17, 16]), null)).toBeNull();
      expect(weight.product(randn([2, 16]).requiresGrad_(), null)).toBeNull();
    });
  });
});
