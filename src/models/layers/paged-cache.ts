/**
 * @file Keys and values in blocks: one pool of memory a layer, of which each row of a batch reads its own blocks.
 *
 * A pass writes its tokens to their places and gathers, layer by layer, the blocks of its rows into one contiguous
 * piece for attention. The gathering costs a copy of what is read anyway; in return memory is one fixed pool, rows of
 * any length share it, and equal beginnings are stored once.
 */
import { aten, dispose, indices, keep, noGrad, scope, type Tensor, zeros } from '../../torch/index.ts';
import type { LayerCache } from './kv-cache.ts';
import type { Placement } from './module.ts';

/** Where the tokens of one pass are written and read: B rows of T new tokens, each row N blocks long. */
export interface PassLayout {
  /** Place of each new token, block × blockSize + offset, int64 [B·T]; padding goes to block 0. */
  readonly places: Tensor;
  /** Blocks of each row in order, filled up with any of its own, int64 [B·N]. */
  readonly table: Tensor;
  readonly rows: number;
  readonly newTokens: number;
  /** N */
  readonly blocksPerRow: number;
}

export interface PagedCacheOptions extends Placement {
  readonly layers: number;
  /** Key/value heads. */
  readonly heads: number;
  readonly headDim: number;
  readonly blocks: number;
  /** Tokens of a block. */
  readonly blockSize: number;
  /** Longest row in tokens. */
  readonly capacity: number;
}

const indexFill_ = aten('index_fill_.int_Scalar');

/** The pools of all layers. Its memory is its own: free it with `dispose`. */
export class PagedCache {
  readonly blockSize: number;
  readonly #capacity: number;
  /** Per layer [H, blocks, blockSize, D]. */
  readonly #keys: readonly Tensor[];
  readonly #values: readonly Tensor[];

  constructor(options: PagedCacheOptions) {
    const { layers, heads, headDim, blocks, blockSize, capacity } = options;
    this.blockSize = blockSize;
    this.#capacity = capacity;
    // Zeros, not whatever was there: masked columns are multiplied by 0, and 0 × NaN is NaN.
    const pool = (): Tensor => keep(zeros([heads, blocks, blockSize, headDim], options));
    this.#keys = Array.from({ length: layers }, pool);
    this.#values = Array.from({ length: layers }, pool);
  }

  /** The cache as one forward pass sees it. Columns beyond a row's tokens hold stale values: mask them. */
  pass(layout: PassLayout): LayerCache {
    const { rows, newTokens, blocksPerRow, places, table } = layout;
    const columns = blocksPerRow * this.blockSize;
    const through = (pool: Tensor, source: Tensor): Tensor => {
      const [heads, blocks, size, width] = pool.shape as [number, number, number, number];
      noGrad(() => {
        const flat = source.transpose(0, 1).reshape([heads, rows * newTokens, width]);
        pool.view([heads, blocks * size, width]).indexCopy_(1, places, flat);
      });
      return pool.indexSelect(1, table).view([heads, rows, columns, width]).transpose(0, 1);
    };
    return {
      capacity: this.#capacity,
      length: columns - newTokens,
      append: (layer, keys, values) => [
        through(this.#keys[layer]!, keys),
        through(this.#values[layer]!, values),
      ],
      advance: () => {},
    };
  }

  /** Makes blocks as they were at first: what is NaN in them would spread to whoever gets them next. */
  clear(blocks: readonly number[]): void {
    if (blocks.length === 0) return;
    scope(() => {
      const index = indices(blocks, undefined, this.#keys[0]!.device);
      for (const pool of [...this.#keys, ...this.#values]) indexFill_(pool, 1, index, 0);
    });
  }

  dispose(): void {
    dispose([this.#keys, this.#values]);
  }
}
