import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { memory, scope, type Tensor, tensor } from '../../torch/index.ts';
import { BlockCache, type BlockCacheOptions } from './block-cache.ts';

const OPTIONS: BlockCacheOptions = {
  layers: 1,
  blocks: 6,
  blockSize: 4,
  heads: 2,
  widths: [1, 3],
  dtype: 'float32',
  device: 'cpu',
};

/** A row: its blocks, and the numbers of the tokens in them. */
interface Row {
  readonly blocks: number[];
  readonly tokens: number[];
}

/** Vectors [B, 2, T, width] of rows of tokens: of head h, 100 · token + h, so that each can be told from any other. */
function vectorsOf(tokens: readonly (readonly number[])[], width: number): Tensor {
  const T = Math.max(...tokens.map(({ length }) => length));
  const flat = tokens.flatMap((row) =>
    [0, 1].flatMap((head) =>
      Array.from({ length: T * width }, (_, i) => 100 * (row[Math.floor(i / width)] ?? -7) + head),
    ),
  );
  return tensor(flat, [tokens.length, 2, T, width]);
}

/** Appends tokens to rows in one pass; checks that each new token sees its row, in order, and nothing else. */
function append(cache: BlockCache, rows: readonly Row[], added: readonly (readonly number[])[]): void {
  scope(() => {
    const pass = cache.pass(
      rows.map(({ blocks, tokens }, i) => ({ blocks, start: tokens.length, tokens: added[i]!.length })),
    );
    const found = pass.append(
      0,
      [1, 3].map((width) => vectorsOf(added, width)),
    );
    const starts = rows.map(({ tokens }) => tokens.length);
    for (const [i, row] of rows.entries()) row.tokens.push(...added[i]!);
    for (const [kind, width] of [1, 3].entries()) {
      expect(found[kind]!.shape).toEqual([rows.length, 2, pass.length, width]);
      for (const [i, { tokens }] of rows.entries()) {
        const own = found[kind]!.narrow(0, i, 1).narrow(2, 0, tokens.length);
        expect(own.toArray()).toEqual(vectorsOf([tokens], width).toArray());
      }
    }
    for (const [i, start] of starts.entries()) {
      for (const t of added[i]!.keys()) {
        if (pass.positions === null) expect(start).toBe(pass.start);
        else {
          expect(pass.positions.select(0, i).select(0, t).item()).toBe(start + t);
          const hidden = pass.hidden(null)!.select(0, i).select(0, 0).select(0, t).toArray();
          expect(hidden).toEqual(hidden.map((_, column) => Number(column > start + t)));
          const within = pass.hidden(2)!.select(0, i).select(0, 0).select(0, t).toArray();
          expect(within).toEqual(within.map((_, at) => Number(at > start + t || at <= start + t - 2)));
        }
      }
    }
  });
}

const row = (...blocks: number[]): Row => ({ blocks, tokens: [] });

describe('BlockCache', () => {
  it('keeps rows apart and in order, in blocks of any order, and pads what is read together', () => {
    const cache = new BlockCache(OPTIONS);
    const [first, second] = [row(4, 0, 2), row(5, 1)];
    append(cache, [first, second], [[1, 2, 3, 4, 5], [9]]);
    append(cache, [second, first], [[8], [6]]);
    append(cache, [second], [[7, 3, 2]]);
    append(cache, [first, second], [[5, 4], [1]]);
    cache.dispose();
  });

  it('reads and writes rows of one block each in place, wherever they begin', () => {
    const cache = new BlockCache({ ...OPTIONS, blockSize: 300 });
    const rows = [row(1), row(2), row(3)];
    append(cache, rows, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    append(cache, rows, [[7], [8], [9]]);
    append(cache, [rows[1]!], [[5]]);
    append(cache, rows, [[7], [8], [9]]);
    // Wider than the columns there are at first, and then not in place.
    append(cache, rows, [Array.from({ length: 100 }, (_, i) => i), [8], [9]]);
    append(cache, [rows[2]!, rows[0]!], [[1], [2]]);
    cache.dispose();
  });

  it('copies the beginning of a block, all read before any is written', () => {
    const cache = new BlockCache(OPTIONS);
    const rows = [row(0), row(1)];
    append(cache, rows, [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    cache.copy([
      { from: 0, to: 1, tokens: 3 },
      { from: 1, to: 0, tokens: 2 },
    ]);
    append(cache, [{ blocks: [1], tokens: [1, 2, 3] }], [[7]]);
    append(cache, [{ blocks: [0], tokens: [4, 5] }], [[8]]);
    cache.copy([]);
    cache.dispose();
  });

  it('clears blocks of what would spread', () => {
    const cache = new BlockCache(OPTIONS);
    const spoilt = row(3);
    append(cache, [spoilt], [[Number.NaN, 1]]);
    cache.clear([3, 5]);
    cache.clear([]);
    scope(() => {
      const pass = cache.pass([
        { blocks: [3], start: 1, tokens: 1 },
        { blocks: [0], start: 3, tokens: 1 },
      ]);
      const [first] = pass.append(0, [vectorsOf([[1], [1]], 1), vectorsOf([[1], [1]], 3)]);
      expect(first!.toArray().every(Number.isFinite)).toBe(true);
    });
    cache.dispose();
  });

  it('refuses a row longer than its blocks', () => {
    const cache = new BlockCache(OPTIONS);
    expect(() => cache.pass([{ blocks: [0], start: 3, tokens: 2 }])).toThrow(
      'a row of 5 tokens does not fit its blocks, which hold 4',
    );
    cache.dispose();
  });

  it('gives what was put in, over any passes', () => {
    const lengths = fc.array(fc.nat(3), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(lengths, { maxLength: 4 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        fc.constantFrom(2, 5, 70),
        (passes, order, blockSize) => {
          const perRow = Math.ceil(16 / blockSize);
          const cache = new BlockCache({ ...OPTIONS, blocks: 3 * perRow, blockSize });
          const rows = order.map((place) => row(...Array.from({ length: perRow }, (_, n) => 3 * n + place)));
          for (const counts of passes) {
            const reading = rows.filter((_, i) => counts[i]! > 0);
            if (reading.length === 0) continue;
            const added = counts
              .filter((count) => count > 0)
              .map((count, i) =>
                Array.from({ length: count }, (_, t) => 10 * i + t + reading[i]!.tokens.length),
              );
            append(cache, reading, added);
          }
          cache.dispose();
        },
      ),
      { numRuns: runs(40, 800), seed: 3 },
    );
  });

  it('lives until it is disposed of, whatever scope it was made in', () => {
    const before = memory().tensors;
    const cache = scope(() => new BlockCache({ ...OPTIONS, blockSize: 200 }));
    const rows = [row(0), row(1)];
    append(cache, rows, [[1], [2, 3]]);
    append(cache, rows, [Array.from({ length: 90 }, (_, i) => i), [4]]);
    cache.dispose();
    expect(memory().tensors).toBe(before);
  });
});
