import { describe, expect, it } from 'vitest';
import type { DType, TypedArray } from './dtype.ts';
import {
  arange,
  aten,
  cat,
  crossEntropy,
  embedding,
  empty,
  emptyLike,
  exponentialLike,
  full,
  indices,
  linear,
  ones,
  onesLike,
  rand,
  randn,
  scalar,
  stack,
  tensor,
  where,
  zeros,
  zerosLike,
} from './functional.ts';
import { Generator } from './generator.ts';
import { scope } from './scope.ts';
import { memory } from './system.ts';
import { Tensor } from './tensor.ts';

describe('tensor', () => {
  it.each([
    [Float32Array.of(1.5, -2), 'float32'],
    [Float64Array.of(1 / 3, 2), 'float64'],
    [Int32Array.of(-(2 ** 31), 1), 'int32'],
    [Int16Array.of(-5, 6), 'int16'],
    [Int8Array.of(-128, 127), 'int8'],
    [Uint8Array.of(0, 255), 'uint8'],
    [BigInt64Array.of(2n ** 40n, -1n), 'int64'],
  ] as [TypedArray, DType][])('takes %o as it is', (data, dtype) => {
    scope(() => {
      const x = tensor(data);
      expect([x.dtype, x.shape]).toEqual([dtype, [2]]);
      expect(x.toArray()).toEqual(Array.from(data as ArrayLike<number | bigint>, Number));
      expect(x.toBytes()).toEqual(new Uint8Array(data.buffer));
    });
  });

  it('takes a part of a buffer', () => {
    scope(() => expect(tensor(Float32Array.of(1, 2, 3, 4).subarray(1, 3)).toArray()).toEqual([2, 3]));
  });

  it('converts plain numbers to any dtype', () => {
    scope(() => {
      expect(tensor([1, 2]).dtype).toBe('float32');
      for (const dtype of [
        'float32',
        'float64',
        'float16',
        'bfloat16',
        'int64',
        'int32',
        'int16',
        'int8',
        'uint8',
      ] as const) {
        const x = tensor([0, 1, 100], [3], { dtype });
        expect([x.dtype, x.toArray()]).toEqual([dtype, [0, 1, 100]]);
      }
      expect(tensor([0, 1, 256, 0.5, -1], [5], { dtype: 'bool' }).toArray()).toEqual([0, 1, 1, 1, 1]);
      expect(tensor([2 ** 53 - 1], [1], { dtype: 'int64' }).toBytes()).toEqual(
        new Uint8Array(BigInt64Array.of(2n ** 53n - 1n).buffer),
      );
      expect(tensor([1 / 3], [1], { dtype: 'float64' }).item()).toBe(1 / 3);
    });
  });

  it('converts typed arrays where asked, and leaves one handle', () => {
    const before = memory().tensors;
    const x = tensor(Float64Array.of(1.5), [1, 1], { dtype: 'bfloat16' });
    expect([x.dtype, x.shape, x.item()]).toEqual(['bfloat16', [1, 1], 1.5]);
    expect(memory().tensors).toBe(before + 1);
    x.dispose();
  });

  it('refuses data that does not fill its shape, broken integers and unknown devices', () => {
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow(/12 bytes does not fill a float32 tensor of 4 elements/);
    expect(() => tensor([0.5], [1], { dtype: 'int64' })).toThrow(RangeError);
    expect(() => tensor([1], [1], { device: 'abacus' })).toThrow(/unknown device "abacus"/);
    expect(() => tensor([1], [1], { dtype: 'float8' as DType })).toThrow(
      /unknown dtype "float8"; known: float32/,
    );
  });

  it('takes indices of any array', () => {
    scope(() => {
      for (const data of [[1, 2], Int32Array.of(1, 2), Uint8Array.of(1, 2)]) {
        const x = indices(data);
        expect([x.dtype, x.toArray()]).toEqual(['int64', [1, 2]]);
      }
      expect(indices([1, 2], [2, 1]).shape).toEqual([2, 1]);
    });
  });
});

describe('factories', () => {
  it('fill', () => {
    scope(() => {
      expect(zeros([2]).toArray()).toEqual([0, 0]);
      expect(ones([2], { dtype: 'int64' }).toArray()).toEqual([1, 1]);
      expect(full([2], 2.5).toArray()).toEqual([2.5, 2.5]);
      expect(scalar(-3).item()).toBe(-3);
      expect(arange(2, 5).toArray()).toEqual([2, 3, 4]);
      expect([arange(0, 1).dtype, arange(0, 1, { dtype: 'float32' }).dtype]).toEqual(['int64', 'float32']);
      const like = empty([3], { dtype: 'float64' });
      expect([zerosLike(like).toArray(), onesLike(like).dtype]).toEqual([[0, 0, 0], 'float64']);
      expect(emptyLike(like).shape).toEqual([3]);
    });
  });

  it('draw from the distributions they name', () => {
    scope(() => {
      const generator = new Generator(1);
      const normal = randn([20_000], { generator });
      expect(normal.mean().item()).toBeCloseTo(0, 1);
      expect(normal.square().mean().item()).toBeCloseTo(1, 1);
      const uniform = rand([20_000], { generator, dtype: 'float64' });
      expect([uniform.min().item() >= 0, uniform.max().item() < 1]).toEqual([true, true]);
      expect(uniform.mean().item()).toBeCloseTo(0.5, 1);
      const waiting = exponentialLike(uniform, generator);
      expect([waiting.dtype, waiting.min().item() >= 0]).toEqual(['float64', true]);
      expect(waiting.mean().item()).toBeCloseTo(1, 1);
    });
  });
});

describe('functions of several tensors', () => {
  it('join and choose', () => {
    scope(() => {
      const [a, b] = [tensor([1, 2], [1, 2]), tensor([3, 4], [1, 2])];
      expect(cat([a, b]).shape).toEqual([2, 2]);
      expect(cat([a, b], 1).toArray()).toEqual([1, 2, 3, 4]);
      expect(stack([a, b], 2).toArray()).toEqual([1, 3, 2, 4]);
      expect(where(a.gt(1), a, b).toArray()).toEqual([3, 2]);
    });
  });

  it('compute what layers are made of', () => {
    scope(() => {
      expect(linear(tensor([1, 2], [1, 2]), tensor([3, 4], [1, 2]), tensor([5])).toArray()).toEqual([16]);
      expect(embedding(tensor([1, 2, 3, 4], [2, 2]), indices([1])).toArray()).toEqual([3, 4]);
      const logits = tensor([0, Math.log(3), 0, 0], [2, 2], { dtype: 'float64' });
      const target = indices([1, 0]);
      const expected = [Math.log(4 / 3), Math.log(2)];
      for (const [i, value] of crossEntropy(logits, target, 'none').toArray().entries()) {
        expect(value).toBeCloseTo(expected[i]!, 12);
      }
      expect(crossEntropy(logits, target, 'sum').item()).toBeCloseTo(expected[0]! + expected[1]!, 12);
      expect(crossEntropy(logits, target).item()).toBeCloseTo((expected[0]! + expected[1]!) / 2, 12);
    });
  });
});

describe('aten', () => {
  const x = (): Tensor => tensor([1, 2, 3, 4], [2, 2]);

  it('wraps tensors in results, alone and in lists, and nothing else', () => {
    scope(() => {
      expect((aten('roll')(x(), [1], [0]) as Tensor).toArray()).toEqual([3, 4, 1, 2]);
      const [values, places] = aten('max.dim')(x(), 1) as [Tensor, Tensor];
      expect([values.toArray(), places.toArray()]).toEqual([
        [2, 4],
        [1, 1],
      ]);
      expect(aten('size.int')(x(), 0)).toBe(2);
      expect(aten('is_same_size')(x(), x())).toBe(true);
      expect(aten('aten::item')(tensor([2.5]))).toBe(2.5);
    });
  });

  it('takes arguments by name, behind positional ones, in any order', () => {
    scope(() => {
      const variance = aten('var.dim');
      expect((variance(x(), [1], { unbiased: false }) as Tensor).toArray()).toEqual([0.25, 0.25]);
      expect((variance(x(), [1], { keepdim: true, unbiased: true }) as Tensor).shape).toEqual([2, 1]);
      expect((aten('add.Tensor')({ other: x(), self: x(), alpha: 10 }) as Tensor).toArray()).toEqual([
        11, 22, 33, 44,
      ]);
      expect(() => variance(x(), [1], { biased: true })).toThrow(
        /var\.dim: no argument "biased"\n {2}schema: aten::var\.dim\(/,
      );
    });
  });

  it('knows a complex number from named arguments', () => {
    scope(() => {
      const complex = aten('mul.Scalar')(ones([1]), { re: 0, im: 2 }) as Tensor;
      expect((aten('imag')(complex) as Tensor).toArray()).toEqual([2]);
    });
  });

  it('enters its results into the scope', () => {
    const before = memory().tensors;
    scope(() => {
      const parts = aten('unbind.int')(x(), 0) as Tensor[];
      expect(parts.every((part) => part instanceof Tensor)).toBe(true);
    });
    expect(memory().tensors).toBe(before);
  });
});
