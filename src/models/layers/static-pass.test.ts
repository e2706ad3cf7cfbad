import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { indices, memory, randn, scope, type Tensor } from '../../torch/index.ts';
import { BlockCache } from './block-cache.ts';
import { BlockPass } from './block-pass.ts';
import type { StaticBlockPass } from './static-pass.ts';

const WIDTHS = [2, 3];

function newCache(blockSize: number, blocks: number): BlockCache {
  const placement = { dtype: 'float32', device: 'cpu' } as const;
  return new BlockCache({ layers: 1, heads: 2, widths: WIDTHS, blocks, blockSize, ...placement });
}

/** What a row is to see: what the pass gives where the mask lets it look. */
function visible(found: Tensor, hidden: Tensor, row: number): number[][] {
  const columns = hidden.select(0, row).flatten().toArray();
  const vectors = found.select(0, row);
  return columns.flatMap((no, column) => (no === 0 ? [vectors.select(1, column).toArray()] : []));
}

const rowsOf = fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 4 });

describe('StaticBlockPass', () => {
  it.each([
    ['blocks in any order', 4, false],
    ['a block a row, in any order', 12, false],
    ['a block a row, the first ones', 12, true],
  ])('shows a row what an ordinary pass shows it: %s', (_, blockSize, inOrder) => {
    fc.assert(
      fc.property(rowsOf, fc.constantFrom(null, 3), (starts, window) => {
        scope(() => {
          const perRow = 12 / blockSize;
          const total = starts.length * perRow;
          const own = (row: number, n: number): number => (inOrder ? row : total - 1 - (row * perRow + n));
          const blocks = starts.map((_start, row) =>
            Array.from({ length: perRow }, (_one, n) => own(row, n)),
          );
          const caches = [newCache(blockSize, total), newCache(blockSize, total)] as const;
          for (const [row, start] of starts.entries()) {
            if (start === 0) continue;
            const old = WIDTHS.map((width) => randn([1, 2, start, width]));
            for (const cache of caches)
              cache.pass([{ blocks: blocks[row]!, start: 0, tokens: start }]).append(0, old);
          }
          const added = WIDTHS.map((width) => randn([starts.length, 2, 1, width]));
          const rows = starts.map((start, row) => ({ blocks: blocks[row]!, start, tokens: 1 }));
          const { staticPasses } = caches[1];
          staticPasses.prepare(12);
          const pass = staticPasses.pass({
            starts: indices(starts),
            table: indices(blocks.flat(), [starts.length, perRow]),
            columns: 12,
            limit: 12,
            inOrder,
          }) as StaticBlockPass;
          const found = pass.append(0, added);
          expect(pass.shape).toEqual([starts.length, 1]);
          for (const [row, start] of starts.entries()) {
            const alone = caches[0].pass([rows[row]!]);
            expect(alone).toBeInstanceOf(BlockPass);
            const expected = alone.append(
              0,
              added.map((one) => one.narrow(0, row, 1)),
            );
            for (const [kind, vectors] of found.entries()) {
              const from = window === null ? 0 : Math.max(0, start + 1 - window);
              const seen = Array.from({ length: start + 1 - from }, (_one, i) =>
                expected[kind]!.select(0, 0)
                  .select(1, from + i)
                  .toArray(),
              );
              expect(visible(vectors, pass.hidden(window)!, row)).toEqual(seen);
            }
          }
          for (const cache of caches) cache.dispose();
        });
      }),
      { numRuns: runs(15, 300), seed: 5 },
    );
  });

  it('says when its memory has moved, and frees what it was', () => {
    const before = memory().tensors;
    const cache = newCache(2000, 1);
    const { staticPasses } = cache;
    const first = staticPasses.prepare(10);
    expect(staticPasses.prepare(200)).toBe(first);
    expect(staticPasses.prepare(400)).not.toBe(first);
    cache.dispose();
    expect(memory().tensors).toBe(before);
  });
});
