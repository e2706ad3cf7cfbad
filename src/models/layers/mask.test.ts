import { describe, expect, it } from 'vitest';
import { features, scope, tensor } from '../../torch/index.ts';
import { attentionMask, type MaskOptions } from './mask.ts';

const base = { groups: 1, dtype: 'float32', device: 'cpu' } as const;

/** 1 where a query (row) may look at a key; rows of all batches one after another. */
function allowed(options: MaskOptions): number[][] | 'causal' | 'all' {
  return scope(() => {
    const { bias, causal } = attentionMask(options);
    if (bias === null) return causal ? 'causal' : 'all';
    expect(causal).toBe(false);
    const flat = bias.toArray().map((value) => Number(value === 0));
    return Array.from({ length: flat.length / options.keys }, (_, row) =>
      flat.slice(row * options.keys, (row + 1) * options.keys),
    );
  });
}

describe('attentionMask', () => {
  it('restricts a single query without padding in nothing', () => {
    expect(allowed({ ...base, queries: 1, keys: 5 })).toBe('all');
  });

  it('is causal, from where the queries stand', () => {
    const whole = allowed({ ...base, queries: 3, keys: 3 });
    if (features.scaledDotProductAttention) expect(whole).toBe('causal');
    else
      expect(whole).toEqual([
        [1, 0, 0],
        [1, 1, 0],
        [1, 1, 1],
      ]);
    expect(allowed({ ...base, queries: 2, keys: 4 })).toEqual([
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ]);
  });

  it('hides padding besides', () => {
    scope(() => {
      const padding = tensor([0, 1, 1, 1, 1, 1], [2, 3]);
      expect(allowed({ ...base, queries: 1, keys: 3, padding })).toEqual([
        [0, 1, 1],
        [1, 1, 1],
      ]);
      expect(allowed({ ...base, queries: 2, keys: 3, padding })).toEqual([
        [0, 1, 0],
        [0, 1, 1],
        [1, 1, 0],
        [1, 1, 1],
      ]);
    });
  });

  it('takes padding of any dtype', () => {
    scope(() => {
      for (const dtype of ['bool', 'int64', 'float32'] as const) {
        const padding = tensor([0, 1], [1, 2], { dtype });
        expect(allowed({ ...base, queries: 1, keys: 2, padding })).toEqual([[0, 1]]);
      }
    });
  });

  it('keeps documents of a row apart, and the padding behind them', () => {
    const options = {
      ...base,
      queries: 5,
      keys: 5,
      segments: [
        [2, 3],
        [1, 1],
      ],
    };
    expect(allowed(options)).toEqual([
      [1, 0, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 1, 1, 0],
      [0, 0, 1, 1, 1],
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 1, 1, 0],
      [0, 0, 1, 1, 1],
    ]);
    const within = allowed({ ...options, segments: [[1, 4]], window: 2 });
    expect(within).toEqual([
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 1, 1, 0, 0],
      [0, 0, 1, 1, 0],
      [0, 0, 0, 1, 1],
    ]);
  });

  it('is finite, and vanishes in the exponent, in every dtype', () => {
    scope(() => {
      for (const dtype of ['float32', 'float64', 'bfloat16', 'float16'] as const) {
        const padding = tensor([0, 1], [1, 2]);
        const { bias } = attentionMask({ ...base, dtype, queries: 1, keys: 2, padding });
        expect(bias!.dtype).toBe(dtype);
        // Scores as large as 100 neither overflow nor lift it.
        expect(bias!.sub(100).isfinite().all().item()).toBe(1);
        expect(bias!.add(100).to('float32').softmax(-1).toArray()).toEqual([0, 1]);
      }
    });
  });

  it('repeats for the query heads that composed attention lays out along the queries', () => {
    const rows = allowed({ ...base, groups: 2, queries: 2, keys: 3 });
    const once = [
      [1, 1, 0],
      [1, 1, 1],
    ];
    expect(rows).toEqual(features.scaledDotProductAttention ? once : [...once, ...once]);
  });
});
