import { describe, expect, it } from 'vitest';
import { indices, randn, scope, type Tensor } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { attend } from './attention.ts';
import { decodeAttention } from './decode-attention-kernel.ts';
import { apart } from './testing.ts';

/** Attention of one row over its keys as they lie in the pools, in float32. */
function byRow(query: Tensor, pools: readonly Tensor[], blocks: readonly number[], used: number): Tensor {
  const [keys, values] = pools.map((pool) =>
    pool
      .indexSelect(0, indices(blocks))
      .transpose(0, 1)
      .reshape([1, pool.size(1), blocks.length * pool.size(2), pool.size(3)])
      .narrow(2, 0, used)
      .to('float32'),
  );
  return attend(query.to('float32'), keys!, values!, { bias: null, causal: false });
}

describe('decodeAttention', () => {
  it.each([
    ['7 queries a key head, a block a row', { D: 64, groups: 7, kvHeads: 2, blockSize: 80, N: 1 }],
    ['a query of its own, blocks of 16', { D: 128, groups: 1, kvHeads: 1, blockSize: 16, N: 6 }],
    ['8 queries, too few keys to be split', { D: 64, groups: 8, kvHeads: 2, blockSize: 32, N: 2 }],
  ] as const)('is attention over what each row uses: %s', (_, shape) => {
    const { D, groups, kvHeads, blockSize, N } = shape;
    scope(() => {
      const length = blockSize * N;
      const used = [1, 16, 17, length - 1, length];
      const total = used.length * N;
      const pools = [0, 1].map(() => randn([total, kvHeads, blockSize, D]).to('bfloat16'));
      const blocks = used.map((_one, row) => Array.from({ length: N }, (_two, n) => total - 1 - row * N - n));
      const query = randn([used.length, kvHeads * groups, 1, D])
        .mul(3)
        .to('bfloat16');
      const added = [0, 1].map(() => randn([used.length, kvHeads, 1, D]).to('bfloat16'));
      const rows = {
        keys: pools[0]!,
        values: pools[1]!,
        table: indices(blocks.flat(), [used.length, N]),
        starts: indices(used.map((count) => count - 1)),
        blockSize,
        length,
      };
      const found = withHostKernels(() => decodeAttention(query, added, rows))!;
      for (const [row, count] of used.entries()) {
        const [block, column] = [blocks[row]![Math.floor((count - 1) / blockSize)]!, (count - 1) % blockSize];
        for (const [kind, pool] of pools.entries())
          expect(pool.select(0, block).select(1, column).toArray()).toEqual(
            added[kind]!.select(0, row).squeeze(1).toArray(),
          );
      }
      expect(found.shape).toEqual(query.shape);
      for (const [row, count] of used.entries()) {
        const expected = byRow(query.narrow(0, row, 1), pools, blocks[row]!, count);
        expect(apart(found.narrow(0, row, 1), expected), `row ${row}`).toBeLessThan(0.01);
      }
    });
  });

  it('leaves other dtypes, heads and blocks to other forms', () => {
    scope(() => {
      const run = (dtype: 'float32' | 'bfloat16', D: number, blockSize: number): Tensor | null => {
        const pool = randn([4, 1, blockSize, D]).to(dtype);
        const [table, starts] = [indices([0, 1, 2, 3], [2, 2]), indices([0, 1])];
        const rows = { keys: pool, values: pool, table, starts, blockSize, length: 2 * blockSize };
        const added = randn([2, 1, 1, D]).to(dtype);
        return withHostKernels(() => decodeAttention(randn([2, 2, 1, D]).to(dtype), [added, added], rows));
      };
      expect(run('float32', 64, 16)).toBeNull();
      expect(run('bfloat16', 32, 16)).toBeNull();
      expect(run('bfloat16', 64, 24)).toBeNull();
      expect(run('bfloat16', 64, 16)).not.toBeNull();
    });
  });
});
