import { describe, expect, it } from 'vitest';
import type { TokenSequence } from '../text/index.ts';
import { countTargets, countTokens, layRows, padRows, splitRows, utilisation } from './rows.ts';

const sequence = (tokens: number[], trained: number[]): TokenSequence => ({
  tokens: Int32Array.from(tokens),
  trained: Uint8Array.from(trained),
});

const a = sequence([1, 2, 3], [1, 0, 1]);
const b = sequence([4, 5], [0, 1]);

describe('layRows', () => {
  it('lays documents end to end; a first token is never a target', () => {
    const rows = layRows([[a, b], [b]], 6, 9);
    expect([...rows.tokens]).toEqual([1, 2, 3, 4, 5, 9, 4, 5, 9, 9, 9, 9]);
    expect(rows.segments).toEqual([[3, 2], [2]]);
    expect([...rows.targets]).toEqual([0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0]);
    expect(countTargets([rows])).toBe(3);
    expect(countTokens([rows])).toBe(7);
    expect(utilisation([rows])).toBe(7 / 12);
  });

  it('refuses what does not fit', () => {
    expect(() => layRows([[a, b]], 4, 0)).toThrow(RangeError);
  });
});

describe('padRows', () => {
  it('pads each sequence to the longest', () => {
    const rows = padRows([b, a], 0);
    expect(rows).toMatchObject({ rows: 2, length: 3 });
    expect([...rows.tokens]).toEqual([4, 5, 0, 1, 2, 3]);
    expect(rows.segments).toEqual([[2], [3]]);
  });
});

describe('splitRows', () => {
  it('parts the rows without losing any, one row at least', () => {
    const rows = padRows([a, b, a, b, a], 0);
    for (const [tokens, counts] of [
      [100, [5]],
      [6, [2, 2, 1]],
      [1, [1, 1, 1, 1, 1]],
    ] as const) {
      const parts = splitRows(rows, tokens);
      expect(parts.map((part) => part.rows)).toEqual(counts);
      expect(parts.flatMap((part) => [...part.tokens])).toEqual([...rows.tokens]);
      expect(parts.flatMap((part) => part.segments)).toEqual(rows.segments);
      expect(countTargets(parts)).toBe(countTargets([rows]));
    }
  });

  it('has no parts of no rows', () => {
    expect(splitRows(layRows([], 4, 0), 8)).toEqual([]);
    expect(utilisation([])).toBe(0);
  });
});
