/**
 * @file StaticBlockPass: a pass over a BlockCache whose operators are the same whatever is in its rows, one token each.
 *
 * Where the new tokens go, what is read and what is hidden is computed on the device, from two tensors: how many tokens each
 * row has, and its blocks. So a CUDA graph of the pass can be run again with other numbers in them.
 */
import { arange, aten, cat, noGrad, type Tensor, zeros } from '../../torch/index.ts';
import type { KeyValuePass, RowStates, StaticRows } from './cache.ts';
import { decodeAttention } from './decode-attention-kernel.ts';
import type { KeyRows, LengthAttention } from './length-attention.ts';
import type { Linear } from './linear.ts';
import type { MergedLinears } from './merged-linear.ts';

/** The pools of a cache. */
interface Pools {
  /** Per layer and kind [blocks, heads, columns, width]. */
  readonly pools: readonly (readonly Tensor[])[];
  readonly heads: number;
  readonly columns: number;
  readonly blockSize: number;
  /** Attends without masks; null where there is no such kernel. */
  readonly attention: LengthAttention | null;
  readonly merged: MergedLinears;
  readonly states: RowStates | null;
}

const indexPut_ = aten('index_put_');
const floorDivide = aten('floor_divide.Scalar');
const remainder = aten('remainder.Scalar');

export class StaticBlockPass implements KeyValuePass {
  readonly isStatic = true;
  readonly shape: readonly [rows: number, tokens: number];
  readonly length: number;
  readonly limit: number;
  readonly start = null;
  readonly positions: Tensor;
  readonly states: RowStates | null;
  readonly attend?: (layer: number, query: Tensor, added: readonly Tensor[]) => Tensor;
  readonly #rows: StaticRows;
  readonly #storage: Pools;
  /** Place of each new vector in a pool of [blocks · heads · columns, width], int64 [B, heads]. */
  readonly #places: Tensor;
  /** Block and head of each piece that is read, int64 [B · heads · N]; null where the pools are read in place. */
  readonly #pieces: Tensor | null;

  constructor(rows: StaticRows, storage: Pools) {
    const [B, N] = rows.table.shape as [number, number];
    const { attention, blockSize, columns } = storage;
    this.#rows = rows;
    this.#storage = storage;
    this.states = storage.states;
    this.shape = [B, 1];
    this.length = N > 1 ? N * blockSize : Math.min(rows.columns, columns);
    this.limit = rows.limit;
    this.positions = rows.starts.view([B, 1]);
    const heads = arange(0, storage.heads, { device: rows.table.device });
    this.#places = this.#placesOf(heads);
    const inPlace = N === 1 && (attention !== null || rows.inOrder);
    this.#pieces = inPlace ? null : this.#piecesOf(heads);
    if (attention !== null) this.attend = this.#attendWith(attention);
  }

  hidden(window: number | null): Tensor | null {
    if (this.attend !== undefined) return null;
    const own = this.positions.view([-1, 1, 1, 1]);
    const columns = arange(0, this.length, { device: own.device }).view([1, 1, 1, this.length]);
    const ahead = columns.gt(own);
    return window === null || window >= this.length ? ahead : ahead.logicalOr(columns.le(own.sub(window)));
  }

  append(layer: number, added: readonly Tensor[]): Tensor[] {
    this.#write(layer, added);
    const [B] = this.shape;
    const pools = this.#storage.pools[layer]!;
    if (this.#pieces !== null) return pools.map((pool) => this.#gather(pool));
    return pools.map((pool) => pool.narrow(0, 0, B).narrow(2, 0, this.length));
  }

  readonly merged = (x: Tensor, layers: readonly Linear[]): Tensor | null =>
    this.#storage.merged.forward(x, layers);

  #write(layer: number, added: readonly Tensor[]): void {
    noGrad(() => {
      for (const [kind, vectors] of added.entries()) {
        const pool = this.#storage.pools[layer]![kind]!;
        const width = pool.size(3);
        indexPut_(pool.view([-1, width]), [this.#places], vectors.squeeze(2));
      }
    });
  }

  /** The blocks of each row, one behind the other: [B, heads, S, width] */
  #gather(pool: Tensor): Tensor {
    const [blocks, heads, columns, width] = pool.shape as [number, number, number, number];
    const pieces = pool.view([blocks * heads, columns, width]);
    const used = this.length < columns ? pieces.narrow(1, 0, this.length) : pieces;
    return used.indexSelect(0, this.#pieces!).view([this.shape[0], heads, this.length, width]);
  }

  #attendWith(attention: LengthAttention): NonNullable<StaticBlockPass['attend']> {
    const [B] = this.shape;
    const { starts, table } = this.#rows;
    const { heads, columns } = this.#storage;
    const { device } = table;
    const own = this.#pieces === null ? table.select(1, 0) : arange(0, B, { device });
    const apart = heads * (this.#pieces === null ? columns : this.length);
    const end = zeros([1], { dtype: 'int64', device });
    const where: Omit<KeyRows, 'keys' | 'values'> = {
      offsets: cat([own.mul(apart), end]).to('int32'),
      used: starts.add(1).to('int32'),
      queries: arange(0, B + 1, { dtype: 'int32', device }),
      most: this.length,
    };
    const { blockSize } = this.#storage;
    return (layer, query, added) => {
      const pools = this.#storage.pools[layer]!;
      const [ownKeys, ownValues] = pools as [Tensor, Tensor];
      const rows = { keys: ownKeys, values: ownValues, table, starts, blockSize, length: this.length };
      const decoded = decodeAttention(query, added, rows);
      if (decoded !== null) return decoded;
      this.#write(layer, added);
      const [keys, values] = this.#pieces === null ? pools : pools.map((pool) => this.#gather(pool));
      return attention(query, { ...where, keys: keys!, values: values! });
    };
  }

  #placesOf(heads: Tensor): Tensor {
    const { starts, table } = this.#rows;
    const { blockSize, columns } = this.#storage;
    const own = starts.unsqueeze(1);
    const block = table.size(1) === 1 ? table : table.gather(1, floorDivide(own, blockSize) as Tensor);
    const column = table.size(1) === 1 ? own : (remainder(own, blockSize) as Tensor);
    return block.mul(this.#storage.heads).add(heads).mul(columns).add(column);
  }

  #piecesOf(heads: Tensor): Tensor {
    const { table } = this.#rows;
    return table
      .unsqueeze(1)
      .mul(this.#storage.heads)
      .add(heads.view([1, -1, 1]))
      .flatten();
  }
}
