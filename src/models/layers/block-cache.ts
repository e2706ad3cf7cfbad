/**
 * @file BlockCache: keys and values (or whatever vectors a layer keeps of a token) in blocks, one pool a layer and kind.
 *
 * A pool is [blocks, heads, columns, width]. Columns grow by doubling up to `blockSize` as tokens need them, so long blocks
 * take only the memory that the longest row has used. block-pass.ts and static-pass.ts read and write the pools.
 */
import { aten, dispose, indices, keep, noGrad, scope, type Tensor, zeros } from '../../torch/index.ts';
import { BlockPass } from './block-pass.ts';
import type { BlockCopy, CacheRow, CacheShape, ModelCache, StaticPasses } from './cache.ts';
import { ColumnNumbers } from './column-numbers.ts';
import { decodesInPlace } from './decode-attention-kernel.ts';
import { lengthAttention } from './length-attention.ts';
import { MergedLinears } from './merged-linear.ts';
import type { Placement } from './module.ts';
import { StatePool, type StatePoolOptions } from './row-states.ts';
import { StaticBlockPass } from './static-pass.ts';

export interface BlockCacheOptions extends Placement, CacheShape {
  readonly layers: number;
  /** Vectors that each kind keeps of a token, such as key/value heads. */
  readonly heads: number;
  /** Length of a vector, one number for each kind: keys and values are two kinds. */
  readonly widths: readonly number[];
  /** Query heads that share a key head; left out where what is kept is no key. */
  readonly groups?: number | undefined;
  /** A static pass has masks: some layer looks back over a window, or no kernel reads the vectors. */
  readonly masked?: boolean;
  /** What other layers keep of a row as a whole; nothing unless given. */
  readonly states?: Pick<StatePoolOptions, 'layers' | 'kinds'> | undefined;
}

/** Columns at first. */
const FIRST_COLUMNS = 256;

/** Consecutive blocks of all pools. */
interface Slices {
  readonly first: number;
  readonly count: number;
  readonly slices: Tensor[][];
}

const NOT_SLICED: Slices = { first: 0, count: 0, slices: [] };

const indexFill_ = aten('index_fill_.int_Scalar');

/** Its memory is its own: free it with `dispose`. Written without gradients. */
export class BlockCache implements ModelCache {
  readonly blocks: number;
  readonly blockSize: number;
  readonly #options: BlockCacheOptions;
  #columns: number;
  /** Per layer and kind [blocks, heads, columns, width]. */
  #pools: Tensor[][];
  #sliced: Slices = NOT_SLICED;
  readonly #order: ColumnNumbers;
  readonly staticPasses: StaticPasses;
  readonly #merged = new MergedLinears();
  readonly #states: StatePool | null;

  constructor(options: BlockCacheOptions) {
    this.blocks = options.blocks;
    this.blockSize = options.blockSize;
    this.#options = options;
    this.#columns = Math.min(options.blockSize, FIRST_COLUMNS);
    this.#order = new ColumnNumbers(options.device);
    this.#pools = Array.from({ length: options.layers }, () =>
      options.widths.map((width) => this.#pool(this.#columns, width)),
    );
    this.#states = options.states === undefined ? null : new StatePool({ ...options, ...options.states });
    this.staticPasses = this.#staticPasses();
  }

  /** Zeros, not whatever was there: columns that are masked are multiplied by 0, and 0 × NaN is NaN. */
  #pool(columns: number, width: number): Tensor {
    const { blocks, heads } = this.#options;
    return keep(zeros([blocks, heads, columns, width], this.#options));
  }

  pass(rows: readonly CacheRow[]): BlockPass {
    const full = rows.find(({ blocks, start, tokens }) => start + tokens > blocks.length * this.blockSize);
    if (full !== undefined) {
      const room = full.blocks.length * this.blockSize;
      throw new RangeError(
        `a row of ${full.start + full.tokens} tokens does not fit its blocks, which hold ${room}`,
      );
    }
    const longest = rows.reduce((most, { start, tokens }) => Math.max(most, start + tokens), 0);
    this.#grow(Math.min(longest, this.blockSize));
    return new BlockPass(rows, {
      pools: this.#pools,
      states: this.#states?.pass(rows) ?? null,
      slices: (first, count) => this.#slicesOf(first, count),
      order: this.#order,
      heads: this.#options.heads,
      columns: this.#columns,
      blockSize: this.blockSize,
      device: this.#options.device,
    });
  }

  #staticPasses(): StaticPasses {
    const { masked = false, heads, dtype, device, widths, groups } = this.#options;
    const { blockSize } = this;
    const attention = masked ? null : lengthAttention({ dtype, device }, widths);
    const inPlace = (headDim: number): boolean =>
      groups !== undefined && decodesInPlace(device, { dtype, headDim, groups, blockSize });
    return {
      anyOrder: attention !== null,
      anyLength: attention !== null && inPlace(widths[0]!),
      prepare: (columns) => {
        this.#grow(Math.min(columns, blockSize));
        this.#states?.forget();
        return this.#columns;
      },
      pass: (rows) =>
        new StaticBlockPass(rows, {
          pools: this.#pools,
          states: this.#states?.staticPass(rows) ?? null,
          heads,
          columns: this.#columns,
          blockSize,
          attention,
          merged: this.#merged,
        }),
    };
  }

  /** The pools' blocks from `first` on, of as many rows: kept from pass to pass, since they are mostly the same. */
  #slicesOf(first: number, count: number): Tensor[][] {
    if (this.#sliced.first !== first || this.#sliced.count !== count) {
      this.#dropSlices();
      const slices = this.#pools.map((pools) => pools.map((pool) => keep(pool.narrow(0, first, count))));
      this.#sliced = { first, count, slices };
    }
    return this.#sliced.slices;
  }

  #dropSlices(): void {
    dispose(this.#sliced.slices);
    this.#sliced = NOT_SLICED;
  }

  #grow(columns: number): void {
    if (columns <= this.#columns) return;
    this.#dropSlices();
    const wider = Math.min(this.blockSize, Math.max(columns, 2 * this.#columns));
    noGrad(() => {
      // Pool by pool: at most one is there twice.
      for (const pools of this.#pools) {
        for (const [kind, old] of pools.entries()) {
          const pool = this.#pool(wider, old.size(3));
          scope(() => void pool.narrow(2, 0, this.#columns).copy_(old));
          old.dispose();
          pools[kind] = pool;
        }
      }
    });
    this.#columns = wider;
  }

  copy(copies: readonly BlockCopy[]): void {
    const tokens = copies.reduce((most, copy) => Math.max(most, copy.tokens), 0);
    if (tokens === 0) return;
    this.#grow(tokens);
    const { device } = this.#options;
    const index = (of: (copy: BlockCopy) => number): Tensor => indices(copies.map(of), undefined, device);
    noGrad(() =>
      scope(() => {
        const [from, to] = [index((copy) => copy.from), index((copy) => copy.to)];
        this.#states?.copy(copies, from, to);
        for (const pool of this.#pools.flat()) {
          const used = pool.narrow(2, 0, tokens);
          scope(() => used.indexCopy_(0, to, used.indexSelect(0, from)));
        }
      }),
    );
  }

  clear(blocks: readonly number[]): void {
    if (blocks.length === 0) return;
    scope(() => {
      const index = indices(blocks, undefined, this.#options.device);
      this.#states?.clear(index);
      for (const pool of this.#pools.flat()) indexFill_(pool, 0, index, 0);
    });
  }

  dispose(): void {
    this.#dropSlices();
    this.#order.dispose();
    this.#merged.dispose();
    this.#states?.dispose();
    dispose(this.#pools);
  }
}
