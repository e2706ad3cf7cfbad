import { expect, it } from 'vitest';
import { type DType, dtypeOf, isFloating, itemSize } from './dtype.ts';
import { empty } from './functional.ts';
import { scope } from './scope.ts';

const all = Object.keys(itemSize) as DType[];

it('knows the dtypes of torch by name and size', () => {
  scope(() => {
    for (const dtype of all) {
      const x = empty([3], { dtype });
      expect(x.dtype).toBe(dtype);
      expect(x.toBytes().length, dtype).toBe(3 * itemSize[dtype]);
    }
  });
});

it('knows what typed arrays hold', () => {
  const arrays = [
    new Float32Array(1),
    new Float64Array(1),
    new Int32Array(1),
    new Int16Array(1),
    new Int8Array(1),
    new Uint8Array(1),
    new BigInt64Array(1),
    Buffer.alloc(1),
  ];
  expect(arrays.map(dtypeOf)).toEqual([
    'float32',
    'float64',
    'int32',
    'int16',
    'int8',
    'uint8',
    'int64',
    'uint8',
  ]);
});

it('tells floating dtypes', () => {
  expect(all.filter(isFloating).sort()).toEqual(['bfloat16', 'float16', 'float32', 'float64']);
});
