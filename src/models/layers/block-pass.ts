/**
 * @file BlockPass: a forward pass over a BlockCache, of rows that each read some new tokens.
 *
 * Where each row is one block and the rows' blocks follow one another, the pools are read in place; else the blocks of the
 * rows are gathered into one contiguous piece a layer. Rows that all begin at the same token are written in place too.
 */
import { indices, noGrad, type Tensor } from '../../torch/index.ts';
import type { CacheRow, KeyValuePass, RowStates } from './cache.ts';
import type { ColumnNumbers } from './column-numbers.ts';

/** What a pass reads and writes. */
export interface Storage {
  readonly slices: (first: number, count: number) => readonly (readonly Tensor[])[];
  readonly order: ColumnNumbers;
  readonly states: RowStates | null;
  /** Per layer and kind [blocks, heads, columns, width]. */
  readonly pools: readonly (readonly Tensor[])[];
  readonly heads: number;
  readonly columns: number;
  readonly blockSize: number;
  readonly device: string;
}

/** One forward pass over a BlockCache: B rows, T new tokens in the longest, S tokens then. */
export class BlockPass implements KeyValuePass {
  readonly isStatic = false;
  readonly rows: readonly CacheRow[];
  readonly shape: readonly [rows: number, tokens: number];
  /** T */
  readonly tokens: number;
  /** S: columns that `append` gives back. */
  readonly length: number;
  readonly limit: number;
  /** Where all rows begin; null where they begin at different tokens. */
  readonly start: number | null;
  /** Position of each new token, int64 [B, T]; null where `start` says it. */
  readonly positions: Tensor | null;
  readonly states: RowStates | null;
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
    this.states = storage.states;
    this.tokens = Math.max(...rows.map(({ tokens }) => tokens));
    this.shape = [rows.length, this.tokens];
    this.length = Math.max(...rows.map(({ start, tokens }) => start + tokens));
    this.limit = this.length;
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
