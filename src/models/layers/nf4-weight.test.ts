import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { testDevice as device } from '../../../tests/support/device.ts';
import { Generator, memory, packageRoot, randn, scope, tensor, zeros } from '../../torch/index.ts';
import { NF4_VALUES, Nf4Weight } from './nf4-weight.ts';

const reference = JSON.parse(
  readFileSync(path.join(packageRoot, 'tests/reference/nf4.json'), 'utf8'),
) as Record<'codeBook' | 'weight' | 'absmax' | 'packed' | 'dequantised', number[]> & {
  readonly shape: [number, number];
};

/** Half of the widest gap between two values of NF4. */
const WORST = (1 - 0.6961928009986877) / 2;

describe('Nf4Weight', () => {
  it('gives the scales, the packed codes and the values of bitsandbytes', () => {
    scope(() => {
      const weight = new Nf4Weight(reference.shape, device);
      weight.store(tensor(reference.weight, reference.shape));
      expect(NF4_VALUES.map(Math.fround)).toEqual(reference.codeBook);
      expect([...weight.absmax.toFloat32Array()]).toEqual(reference.absmax);
      expect(weight.codes.flatten().toArray()).toEqual(reference.packed);
      expect([...weight.dequantised('float32').toFloat32Array()]).toEqual(reference.dequantised);
    });
  });

  it.each([
    [3, 5],
    [1, 64],
    [7, 33],
    [40, 128],
  ])('moves no weight of [%i, %i] by more than half of the widest gap of its block', (out, inputs) => {
    scope(() => {
      const values = randn([out, inputs], { generator: new Generator(1) });
      const weight = new Nf4Weight([out, inputs], device);
      weight.store(values);
      const found = weight.dequantised('float32');
      expect(found.shape).toEqual([out, inputs]);
      const [before, after] = [values.toFloat32Array(), found.toFloat32Array()];
      for (let start = 0; start < before.length; start += 64) {
        const block = before.subarray(start, start + 64);
        const absmax = Math.max(...block.map(Math.abs));
        for (const [i, value] of block.entries())
          expect(Math.abs(after[start + i]! - value)).toBeLessThan(absmax * WORST * 1.0001);
      }
    });
  });

  it('keeps a block of zeros, and what it gives once when it is quantised again', () => {
    scope(() => {
      const weight = new Nf4Weight([2, 64], device);
      weight.store(zeros([2, 64]));
      expect(new Set(weight.dequantised('float32').toArray().map(Math.abs))).toEqual(new Set([0]));
      weight.store(randn([2, 64], { generator: new Generator(2) }));
      const once = weight.dequantised('float32');
      weight.store(once);
      expect(weight.dequantised('float32').toArray()).toEqual(once.toArray());
    });
  });

  it('rounds once to bfloat16', () => {
    scope(() => {
      const weight = new Nf4Weight([4, 64], device);
      weight.store(randn([4, 64], { generator: new Generator(3) }));
      const narrow = weight.dequantised('bfloat16');
      expect(narrow.dtype).toBe('bfloat16');
      expect(narrow.to('float32').toArray()).toEqual(
        weight.dequantised('float32').to('bfloat16').to('float32').toArray(),
      );
    });
  });

  it('takes 4.5 bits a weight, and no more after a product', () => {
    scope(() => {
      new Nf4Weight([1, 64], device).dispose();
      const before = memory();
      const weight = new Nf4Weight([128, 256], device);
      expect(memory().bytes - before.bytes).toBe(128 * 256 * Nf4Weight.bytesPerWeight);
      const held = memory().bytes;
      weight.dequantised('float32').dispose();
      expect(memory().bytes).toBe(held);
    });
  });
});
