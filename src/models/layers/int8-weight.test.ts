import { describe, expect, it } from 'vitest';
import { testDevice as device } from '../../../tests/support/device.ts';
import { Generator, memory, randn, scope, tensor } from '../../torch/index.ts';
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
});
