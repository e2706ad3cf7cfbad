/**
 * @file BlockCache: keys and values (or whatever vectors a layer keeps of a token) in blocks, one pool a layer and kind.
 *
 * A pool is [blocks, heads, columns, width]. Where each row is one block and the rows' blocks follow one another, a pass
 * reads the pool in place; else it gathers the blocks of its rows into one contiguous piece a layer, which costs a copy
 * of what is read anyway. Rows that all begin at the same token are written in place too. Columns grow by doubling up to
 * `blockSize` as tokens need them, so long blocks take only the memory that the longest row has used.
 */
import {
  arange,
  aten,
  dispose,
  indices,
  keep,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from '../../torch/index.ts';
import type { BlockCopy, CachePass, CacheRow, CacheShape, ModelCache } from './cache.ts';
import type { Placement } from './module.ts';

export interface BlockCacheOptions extends Placement, CacheShape {
  readonly layers: number;
  /** Vectors that each kind keeps of a token, such as key/value heads. */
  readonly heads: number;
  /** Length of a vector, one number for each kind: keys and values are two kinds. */
  readonly widths: readonly number[];
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

  constructor(options: BlockCacheOptions) {
    this.blocks = options.blocks;
    this.blockSize = options.blockSize;
    this.#options = options;
    this.#columns = Math.min(options.blockSize, FIRST_COLUMNS);
    this.#order = new ColumnNumbers(options.device);
    this.#pools = Array.from({ length: options.layers }, () =>
      options.widths.map((width) => this.#pool(this.#columns, width)),
    );
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
      slices: (first, count) => this.#slicesOf(first, count),
      order: this.#order,
      heads: this.#options.heads,
      columns: this.#columns,
      blockSize: this.blockSize,
      device: this.#options.device,
    });
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
          scope(() => pool.narrow(2, 0, this.#columns).copy_(old));
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
      for (const pool of this.#pools.flat()) indexFill_(pool, 0, index, 0);
    });
  }

  dispose(): void {
    this.#dropSlices();
    this.#order.dispose();
    dispose(this.#pools);
  }
}

/** 0, 1, 2 … [1, 1, 1, n] on a device: made once, and longer when more are asked for. */
class ColumnNumbers {
  readonly #device: string;
  #numbers: Tensor | null = null;

  constructor(device: string) {
    this.#device = device;
  }

  upTo(length: number): Tensor {
    if (this.#numbers === null || this.#numbers.size(3) < length) {
      this.dispose();
      const count = 2 ** Math.ceil(Math.log2(Math.max(length, FIRST_COLUMNS)));
      this.#numbers = keep(arange(0, count, { device: this.#device }).view([1, 1, 1, count]));
    }
    return this.#numbers.narrow(3, 0, length);
  }

  dispose(): void {
    this.#numbers?.dispose();
    this.#numbers = null;
  }
}

interface Storage {
  readonly slices: (first: number, count: number) => readonly (readonly Tensor[])[];
  readonly order: ColumnNumbers;
  readonly pools: readonly (readonly Tensor[])[];
  readonly heads: number;
  readonly columns: number;
  readonly blockSize: number;
  readonly device: string;
}

/** One forward pass over a BlockCache: B rows, T new tokens in the longest, S tokens then. */
export class BlockPass implements CachePass {
  readonly rows: readonly CacheRow[];
  /** T */
  readonly tokens: number;
  /** S: columns that `append` gives back. */
  readonly length: number;
  /** Where all rows begin; null where they begin at different tokens. */
  readonly start: number | null;
  /** Position of each new token, int64 [B, T]; null where `start` says it. */
  readonly positions: Tensor | null;
  readonly #storage: Storage;
  /** All rows begin at their first token: what is added is all there is. */
  readonly #fresh: boolean;
  /** Per layer and kind the rows' blocks, where they are one each and lie behind one another; else null. */
  readonly #slices: readonly (readonly Tensor[])[] | null;
  /** Block of each piece that a row reads, int64 [B · heads · N]; null where the pool is read in place. */
  readonly #table: Tensor | null;
  /** Place of each new vector in a pool of [blocks · heads · columns, width], int64; null where it is a slice. */
  readonly #places: Tensor | null;
  /** Which of the new vectors [B · heads · T] are no padding; null where all are. */
  readonly #real: Tensor | null;

  constructor(rows: readonly CacheRow[], storage: Storage) {
    const { blockSize, device } = storage;
    this.rows = rows;
    this.#storage = storage;
    this.tokens = Math.max(...rows.map(({ tokens }) => tokens));
    this.length = Math.max(...rows.map(({ start, tokens }) => start + tokens));
    const [{ start, tokens: count, blocks }] = rows as readonly [CacheRow, ...CacheRow[]];
    const together = rows.every((row) => row.start === start);
    const whole = rows.every((row) => row.tokens === count);
    this.start = together ? start : null;
    const behind = this.length <= blockSize && rows.every((row, i) => row.blocks[0] === blocks[0]! + i);
    this.#fresh = together && start === 0;
    this.#slices = behind ? storage.slices(blocks[0]!, rows.length) : null;
    this.positions = together ? null : this.#positionsOf();
    this.#table = behind || this.#fresh ? null : this.#tableOf();
    this.#places = behind && together && whole ? null : this.#placesOf();
    this.#real = whole ? null : indices(this.#realOnes(), undefined, device);
  }

  /**
   * bool [B, 1, T, S], true = hidden from the token; null where the causal rule of `start` says it.
   * @param window - tokens that a token looks back over, itself included; null for all
   */
  hidden(window: number | null): Tensor | null {
    if (this.positions === null) return null;
    const own = this.positions.view([this.rows.length, 1, this.tokens, 1]);
    const columns = this.#storage.order.upTo(this.length);
    const ahead = columns.gt(own);
    return window === null || window >= this.length ? ahead : ahead.logicalOr(columns.le(own.sub(window)));
  }

  /**
   * Writes one layer's new vectors; gives all to attend to.
   * @param added - for each kind [B, heads, T, width]
   * @returns for each kind [B, heads, S, width]
   */
  append(layer: number, added: readonly Tensor[]): Tensor[] {
    return added.map((vectors, kind) => {
      const pool = this.#storage.pools[layer]![kind]!;
      const slice = this.#slices === null ? undefined : this.#slices[layer]![kind];
      noGrad(() => this.#write(pool, slice, vectors));
      return this.#fresh ? vectors : this.#read(pool, slice);
    });
  }

  #write(pool: Tensor, slice: Tensor | undefined, vectors: Tensor): void {
    if (this.#places === null) {
      slice!.narrow(2, this.start!, this.tokens).copy_(vectors);
      return;
    }
    const width = pool.size(3);
    const flat = vectors.reshape([-1, width]);
    const real = this.#real === null ? flat : flat.indexSelect(0, this.#real);
    pool.view([-1, width]).indexCopy_(0, this.#places, real);
  }

  #read(pool: Tensor, slice: Tensor | undefined): Tensor {
    const B = this.rows.length;
    if (slice !== undefined) return slice.narrow(2, 0, this.length);
    const [blocks, heads, columns, width] = pool.shape as [number, number, number, number];
    const pieces = pool.view([blocks * heads, columns, width]);
    if (this.length <= columns) {
      return pieces
        .narrow(1, 0, this.length)
        .indexSelect(0, this.#table!)
        .view([B, heads, this.length, width]);
    }
    return pieces.indexSelect(0, this.#table!).view([B, heads, -1, width]).narrow(2, 0, this.length);
  }

  #positionsOf(): Tensor {
    const { rows, tokens } = this;
    const positions = new Int32Array(rows.length * tokens);
    for (const [row, { start, tokens: count }] of rows.entries()) {
      for (let t = 0; t < count; t++) positions[row * tokens + t] = start + t;
    }
    return indices(positions, [rows.length, tokens], this.#storage.device);
  }

  /** Rows shorter than the longest are filled up with their own first block: what one holds never reaches another. */
  #tableOf(): Tensor {
    const { heads, blockSize, device } = this.#storage;
    const N = Math.ceil(this.length / blockSize);
    const table = new Int32Array(this.rows.length * heads * N);
    for (const [row, { blocks }] of this.rows.entries()) {
      for (let head = 0; head < heads; head++) {
        const at = (row * heads + head) * N;
        for (let n = 0; n < N; n++) table[at + n] = (blocks[n] ?? blocks[0]!) * heads + head;
      }
    }
    return indices(table, undefined, device);
  }

  #placesOf(): Tensor {
    const { heads, columns, blockSize, device } = this.#storage;
    const places = new Int32Array(heads * this.rows.reduce((sum, { tokens }) => sum + tokens, 0));
    let i = 0;
    for (const { blocks, start, tokens } of this.rows) {
      for (let head = 0; head < heads; head++) {
        for (let at = start; at < start + tokens; at++) {
          const block = blocks[Math.floor(at / blockSize)]!;
          places[i++] = (block * heads + head) * columns + (at % blockSize);
        }
      }
    }
    return indices(places, undefined, device);
  }

  #realOnes(): number[] {
    const { heads } = this.#storage;
    return this.rows.flatMap(({ tokens }, row) =>
      Array.from({ length: heads * tokens }, (_, i) => {
        const [head, t] = [Math.floor(i / tokens), i % tokens];
        return (row * heads + head) * this.tokens + t;
      }),
    );
  }
}
