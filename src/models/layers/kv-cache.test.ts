import { describe, expect, it } from 'vitest';
import { arange, indices, memory, scope, type Tensor } from '../../torch/index.ts';
import { KVCache } from './kv-cache.ts';

const options = {
  layers: 2,
  batch: 2,
  heads: 1,
  headDim: 1,
  capacity: 4,
  dtype: 'float32',
  device: 'cpu',
} as const;

/** [2, 1, T, 1]: first, first + 1, … row after row. */
const block = (first: number, T: number): Tensor =>
  arange(first, first + 2 * T, { dtype: 'float32' }).view([2, 1, T, 1]);

describe('KVCache', () => {
  it('appends behind what is there, layer by layer, and moves on once a pass', () => {
    scope(() => {
      const cache = new KVCache(options);
      for (const layer of [0, 1]) {
        const [keys, values] = cache.append(layer, block(10 * layer, 2), block(100, 2));
        expect(keys.shape).toEqual([2, 1, 2, 1]);
        expect(keys.toArray()).toEqual([0, 1, 2, 3].map((x) => x + 10 * layer));
        expect(values.toArray()).toEqual([100, 101, 102, 103]);
        expect(cache.length).toBe(0);
      }
      cache.advance(2);
      const [keys] = cache.append(1, block(50, 1), block(60, 1));
      expect(keys.toArray()).toEqual([10, 11, 50, 12, 13, 51]);
      expect(cache.length).toBe(2);
      cache.dispose();
    });
  });

  it('refuses more columns than it has', () => {
    scope(() => {
      const cache = new KVCache(options);
      cache.append(0, block(0, 4), block(0, 4));
      cache.advance(4);
      expect(() => cache.append(0, block(0, 1), block(0, 1))).toThrow(
        'KV cache: 5 tokens do not fit its 4 columns',
      );
      cache.dispose();
    });
  });

  it('leaves out, reorders and repeats rows, and goes on', () => {
    scope(() => {
      const cache = new KVCache(options);
      for (const layer of [0, 1]) cache.append(layer, block(0, 2), block(10, 2));
      cache.advance(2);
      cache.selectRows(indices([1, 0, 1]));
      expect([cache.batch, cache.length, cache.capacity]).toEqual([3, 2, 4]);
      const next = arange(90, 93, { dtype: 'float32' }).view([3, 1, 1, 1]);
      const [keys, values] = cache.append(1, next, next);
      expect(keys.toArray()).toEqual([2, 3, 90, 0, 1, 91, 2, 3, 92]);
      expect(values.toArray()).toEqual([12, 13, 90, 10, 11, 91, 12, 13, 92]);
      cache.selectRows(indices([2]));
      expect(cache.append(0, next.narrow(0, 0, 1), next.narrow(0, 0, 1))[0].toArray()).toEqual([2, 3, 90]);
      cache.dispose();
    });
  });

  it('forgets columns', () => {
    scope(() => {
      const cache = new KVCache(options);
      cache.append(0, block(0, 3), block(0, 3));
      cache.advance(3);
      cache.truncate(1);
      expect(cache.append(0, block(7, 1), block(7, 1))[0].toArray()).toEqual([0, 7, 3, 8]);
      expect(() => cache.truncate(2)).toThrow(RangeError);
      expect(() => cache.truncate(-1)).toThrow(RangeError);
      cache.dispose();
    });
  });

  it('lives until it is disposed of, whatever scope it was made or changed in', () => {
    const before = memory().tensors;
    const cache = scope(() => {
      const made = new KVCache(options);
      made.append(0, block(0, 2), block(0, 2));
      made.advance(2);
      return made;
    });
    scope(() => cache.selectRows(indices([0])));
    expect(memory().tensors).toBe(before + 4);
    scope(() =>
      expect(cache.append(0, block(5, 1).narrow(0, 0, 1), block(5, 1).narrow(0, 0, 1))[0].numel).toBe(3),
    );
    cache.dispose();
    expect(memory().tensors).toBe(before);
  });
});
