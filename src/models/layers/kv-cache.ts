/**
 * @file KVCache: keys and values of the tokens read so far, preallocated for a number of columns.
 *
 * All rows are written at the same column: prompts of unequal length are padded on the left. A forward pass appends in
 * every layer at `length` and then moves `length` on once with `advance`.
 */
import { empty, keep, noGrad, scope, type Tensor } from '../../torch/index.ts';
import type { Placement } from './module.ts';

export interface KVCacheOptions extends Placement {
  readonly layers: number;
  readonly batch: number;
  /** Key/value heads. */
  readonly heads: number;
  readonly headDim: number;
  /** Columns: the most tokens a row may hold, padding included. */
  readonly capacity: number;
}

/** What a forward pass needs of a cache: where the keys and values of its tokens go, and those there are by then. */
export interface LayerCache {
  /** Most tokens a row may hold: positions stay below it. */
  readonly capacity: number;
  /** Columns that `append` gives back beyond those it was given. */
  readonly length: number;
  /**
   * Takes one layer's new keys and values [B, H, T, D]; gives all to attend to, [B, H, length + T, D].
   */
  append(layer: number, keys: Tensor, values: Tensor): [keys: Tensor, values: Tensor];
  /** Every layer has appended `tokens` columns. */
  advance(tokens: number): void;
}

/**
 * Keys and values of the tokens a batch of rows has read, one pair of buffers a layer.
 *
 * The buffers are its own: free them with `dispose`. Written without gradients by samplers only.
 */
export class KVCache implements LayerCache {
  readonly capacity: number;
  readonly #options: KVCacheOptions;
  /** Per layer [B, H, capacity, D]. */
  #keys: Tensor[];
  #values: Tensor[];
  #length = 0;

  constructor(options: KVCacheOptions) {
    this.capacity = options.capacity;
    this.#options = options;
    const { batch, heads, headDim, capacity } = options;
    const make = (): Tensor[] =>
      Array.from({ length: options.layers }, () => keep(empty([batch, heads, capacity, headDim], options)));
    this.#keys = make();
    this.#values = make();
  }

  /** Columns that hold tokens. */
  get length(): number {
    return this.#length;
  }

  /** Rows. */
  get batch(): number {
    return this.#keys[0]?.size(0) ?? 0;
  }

  /**
   * Writes T new columns of one layer behind those that are there and returns views of all of them. `length` stays:
   * every layer of a pass writes at the same place.
   *
   * @param keys - [B, H, T, D]
   * @param values - [B, H, T, D]
   * @returns keys and values [B, H, length + T, D], valid until rows are selected or columns written over
   * @throws RangeError when the columns are used up
   */
  append(layer: number, keys: Tensor, values: Tensor): [keys: Tensor, values: Tensor] {
    const added = keys.size(2);
    const total = this.#length + added;
    if (total > this.capacity) {
      throw new RangeError(`KV cache: ${total} tokens do not fit its ${this.capacity} columns`);
    }
    const write = (buffer: Tensor, source: Tensor): Tensor => {
      buffer.narrow(2, this.#length, added).copy_(source);
      return buffer.narrow(2, 0, total);
    };
    return [write(this.#keys[layer]!, keys), write(this.#values[layer]!, values)];
  }

  /** Counts `tokens` columns that every layer has written. */
  advance(tokens: number): void {
    this.#length += tokens;
  }

  /** Forgets the columns from `length` on. */
  truncate(length: number): void {
    if (length < 0 || length > this.#length) throw new RangeError(`KV cache: cannot cut to ${length} tokens`);
    this.#length = length;
  }

  /** The batch becomes these rows of it (int64 [B′]): left out, reordered or repeated. */
  selectRows(rows: Tensor): void {
    this.#keys = this.#keys.map((buffer) => this.#select(buffer, rows));
    this.#values = this.#values.map((buffer) => this.#select(buffer, rows));
  }

  #select(buffer: Tensor, rows: Tensor): Tensor {
    const { heads, headDim } = this.#options;
    return noGrad(() => {
      const selected = keep(empty([rows.size(0), heads, this.capacity, headDim], this.#options));
      scope(() => {
        const used = buffer.narrow(2, 0, this.#length).indexSelect(0, rows);
        selected.narrow(2, 0, this.#length).copy_(used);
      });
      buffer.dispose();
      return selected;
    });
  }

  dispose(): void {
    for (const buffer of [...this.#keys, ...this.#values]) buffer.dispose();
  }
}
