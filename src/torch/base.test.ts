import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { arange, empty, fromBytes, ones, scalar, tensor } from './functional.ts';
import { keep, scope } from './scope.ts';
import { memory } from './system.ts';

describe('what a tensor is', () => {
  it('says shape, sizes, dtype and device', () => {
    scope(() => {
      const x = empty([2, 3], { dtype: 'bfloat16' });
      expect([x.shape, x.ndim, x.numel, x.dtype, x.device]).toEqual([[2, 3], 2, 6, 'bfloat16', 'cpu']);
      expect([x.size(0), x.size(-1)]).toEqual([2, 3]);
      expect(() => x.size(2)).toThrow(new RangeError('dimension 2 of a tensor of shape [2, 3]'));
      expect(String(x)).toBe('Tensor([2, 3], bfloat16, cpu)');
      expect([scalar(1).shape, scalar(1).numel, empty([0, 4]).numel]).toEqual([[], 1, 0]);
    });
  });

  it('is refused by name once it is disposed of', () => {
    const x = ones([2]);
    x.dispose();
    expect(String(x)).toBe('Tensor(disposed)');
    expect(() => x.dtype).toThrow('the tensor was disposed of');
    expect(() => x.toArray()).toThrow('the tensor was disposed of');
    expect(() => x.add(1)).toThrow(
      /aten::add\.Scalar: argument "self" \(Tensor\): the tensor was disposed of/,
    );
    // Its slot is used again; the old handle must not reach the new tensor.
    const next = ones([3]);
    expect(() => x.item()).toThrow('the tensor was disposed of');
    next.dispose();
  });
});

describe('data out', () => {
  it('converts to the array asked for, row-major whatever the strides', () => {
    scope(() => {
      const x = arange(0, 6).view([2, 3]).transpose();
      expect(x.toArray()).toEqual([0, 3, 1, 4, 2, 5]);
      expect(x.toFloat32Array()).toEqual(Float32Array.of(0, 3, 1, 4, 2, 5));
      expect(x.toFloat64Array()).toEqual(Float64Array.of(0, 3, 1, 4, 2, 5));
      expect(x.toInt32Array()).toEqual(Int32Array.of(0, 3, 1, 4, 2, 5));
      expect(new BigInt64Array(x.toBytes().buffer)).toEqual(BigInt64Array.of(0n, 3n, 1n, 4n, 2n, 5n));
    });
  });

  it('copies: writing to the array does not reach the tensor', () => {
    scope(() => {
      const x = ones([2]);
      x.toFloat32Array()[0] = 5;
      expect(x.toArray()).toEqual([1, 1]);
    });
  });

  it('reads tensors that need gradients, and leaves no handle', () => {
    const before = memory().tensors;
    const x = ones([2]).requiresGrad_();
    expect(x.toFloat64Array()).toEqual(Float64Array.of(1, 1));
    x.dispose();
    expect(memory().tensors).toBe(before);
  });

  it('gives single elements as numbers', () => {
    scope(() => {
      expect(scalar(1.5).item()).toBe(1.5);
      expect(tensor([7], [1], { dtype: 'int64' }).item()).toBe(7);
      expect(tensor([1], [1, 1], { dtype: 'bool' }).item()).toBe(1);
      expect(scalar(Number.NaN).item()).toBeNaN();
      expect(() => ones([2]).item()).toThrow(/2 elements|Scalar/);
    });
  });
});

describe('data in', () => {
  it('writes raw bytes into a place of its memory', () => {
    scope(() => {
      const x = tensor([1, 2, 3]);
      x.writeBytes(new Uint8Array(Float32Array.of(9).buffer), 4);
      expect(x.toArray()).toEqual([1, 9, 3]);
      expect(() => x.writeBytes(new Uint8Array(8), 8)).toThrow(/beyond the end/);
      expect(() => x.writeBytes(new Uint8Array(4), -4)).toThrow(/beyond the end/);
      expect(() => ones([2, 2]).transpose().writeBytes(new Uint8Array(4))).toThrow(/contiguous/);
    });
  });

  it('brings bytes of every dtype back', () => {
    scope(() => {
      const bytes = Uint8Array.from({ length: 16 }, (_, i) => i);
      for (const dtype of ['float64', 'int64', 'bfloat16', 'float16', 'int16', 'int8', 'uint8'] as const) {
        const width = { float64: 8, int64: 8, bfloat16: 2, float16: 2, int16: 2, int8: 1, uint8: 1 }[dtype];
        expect(fromBytes(bytes, dtype, [16 / width]).toBytes()).toEqual(bytes);
      }
      expect(() => fromBytes(bytes, 'float32', [3])).toThrow(
        /16 bytes does not fill a float32 tensor of 3 elements/,
      );
    });
  });
});

describe('the finalizer', () => {
  it('frees tensors that were dropped, kept or not, and only once', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const before = memory().tensors;
    (() => {
      // More than wait for the end of the running function.
      for (let i = 0; i < 100; i++) {
        ones([4]);
        keep(ones([4]));
        keep(keep(ones([4]))).dispose();
        scope(() => keep(ones([4])));
      }
    })();
    // A finalizer that frees a handle twice would throw here, outside every test.
    for (let i = 0; i < 50 && memory().tensors > before; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });
});
