/**
 * @file Recurrent states in a cache: of each row a layer keeps tensors of a fixed size, however many tokens it has read.
 *
 * A block holds the state behind the last token that was written to it. A pass finds a row's state in the block of the token
 * before its new ones, and leaves the new one in the block of the last. A state cannot be rewound: a row goes on where the
 * state of its block is, or from the beginning. Only the block in which a pass ends has a state, so a shared prefix can be
 * used only if it was copied as a whole.
 */
import {
  arange,
  aten,
  type DType,
  dispose,
  indices,
  keep,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from '../../torch/index.ts';
import type { BlockCopy, CacheRow, RowStates, StaticRows } from './cache.ts';

/** One of the states of a layer. */
export interface StateKind {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface StatePoolOptions {
  readonly blocks: number;
  readonly blockSize: number;
  /** Layers that have states. */
  readonly layers: number;
  readonly kinds: readonly StateKind[];
  readonly device: string;
}

const indexFill_ = aten('index_fill_.int_Scalar');
const indexPut_ = aten('index_put_');
const floorDivide = aten('floor_divide.Scalar');

/** Its memory is its own: free it with `dispose`. Written without gradients. */
export class StatePool {
  readonly #options: StatePoolOptions;
  /** Per layer and kind [blocks, …shape]. */
  readonly #pools: readonly (readonly Tensor[])[];
  /** Tokens that the state of a block is behind, where ordinary passes have left it. */
  readonly #reached = new Map<number, number>();

  constructor(options: StatePoolOptions) {
    const { layers, kinds, blocks, device } = options;
    this.#options = options;
    this.#pools = Array.from({ length: layers }, () =>
      kinds.map(({ shape, dtype }) => keep(zeros([blocks, ...shape], { dtype, device }))),
    );
  }

  /** @throws RangeError where a row is to go on from tokens that its block has no state of */
  pass(rows: readonly CacheRow[]): RowStates {
    const { blockSize, device } = this.#options;
    const blockOf = ({ blocks }: CacheRow, token: number): number => blocks[Math.floor(token / blockSize)]!;
    for (const row of rows) {
      const reached = this.#reached.get(blockOf(row, row.start - 1));
      if (row.start === 0 || reached === undefined || reached === row.start) continue;
      throw new RangeError(
        `a row goes on from ${row.start} tokens, its state is behind ${reached} and cannot be undone`,
      );
    }
    const ends = rows.map((row) => blockOf(row, row.start + row.tokens - 1));
    for (const [i, { start, tokens }] of rows.entries()) this.#reached.set(ends[i]!, start + tokens);
    const begins = rows.map((row) => blockOf(row, Math.max(row.start - 1, 0)));
    const T = Math.max(...rows.map(({ tokens }) => tokens));
    const counts = rows.some(({ tokens }) => tokens < T)
      ? indices(
          rows.map(({ tokens }) => tokens),
          undefined,
          device,
        )
      : null;
    const fresh = rows.filter(({ start }) => start === 0).length;
    const at = { from: indices(begins, undefined, device), to: indices(ends, undefined, device) };
    const starts = rows.map(({ start }) => start);
    return this.#states(at, {
      counts,
      real: counts && arange(0, T, { device }).lt(counts.unsqueeze(1)),
      fresh: fresh === 0 ? null : indices(starts, undefined, device).eq(0),
    });
  }

  /** Of one new token a row, by operators that are the same whatever is in the rows. */
  staticPass({ starts, table }: StaticRows): RowStates {
    const { blockSize } = this.#options;
    const blockOf = (tokens: Tensor): Tensor =>
      table.size(1) === 1
        ? table.select(1, 0)
        : table.gather(1, (floorDivide(tokens, blockSize) as Tensor).unsqueeze(1)).select(1, 0);
    const at = { from: blockOf(starts.sub(1).clamp_(0, null)), to: blockOf(starts) };
    return this.#states(at, { counts: null, real: null, fresh: starts.eq(0) });
  }

  /** @param fresh - bool [B]: rows at their beginning; null for none */
  #states(
    { from, to }: { readonly from: Tensor; readonly to: Tensor },
    { real, counts, fresh }: Pick<RowStates, 'real' | 'counts'> & { readonly fresh: Tensor | null },
  ): RowStates {
    const begun = (state: Tensor): Tensor =>
      fresh === null ? state : state.maskedFill(fresh.view([-1, ...state.shape.slice(1).map(() => 1)]), 0);
    return {
      real,
      counts,
      read: (layer) => this.#pools[layer]!.map((pool) => begun(pool.indexSelect(0, from))),
      write: (layer, states) =>
        noGrad(() => {
          for (const [kind, state] of states.entries()) {
            const pool = this.#pools[layer]![kind]!;
            indexPut_(pool, [to], state.to(pool.dtype));
          }
        }),
    };
  }

  /** Static passes leave states that the host does not see. */
  forget(): void {
    this.#reached.clear();
  }

  /** All are read before any is written. */
  copy(copies: readonly BlockCopy[], from: Tensor, to: Tensor): void {
    const reached = copies.map((copy) => [copy.to, this.#reached.get(copy.from)] as const);
    for (const [block, tokens] of reached) {
      if (tokens === undefined) this.#reached.delete(block);
      else this.#reached.set(block, tokens);
    }
    for (const pool of this.#pools.flat()) scope(() => pool.indexCopy_(0, to, pool.indexSelect(0, from)));
  }

  clear(index: Tensor): void {
    for (const pool of this.#pools.flat()) indexFill_(pool, 0, index, 0);
  }

  dispose(): void {
    dispose(this.#pools.flat());
  }
}
