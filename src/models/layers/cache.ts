/**
 * @file The interface of a model's cache: what a model keeps of the tokens it has read, in numbered blocks.
 *
 * The blocks are the owner's to hand out: a row holds some, in order, and token t of the row lies in the ⌊t / blockSize⌋-th
 * of them. What lies there (keys and values, a latent, a state) only the model knows. A block that several rows hold is
 * read by all and written by none; a row that goes on from another's half-filled block has it copied first.
 */

/** A row of one forward pass. */
export interface CacheRow {
  /** Blocks of the row, with room for its new tokens. */
  readonly blocks: readonly number[];
  /** Tokens that are in them already. */
  readonly start: number;
  /** New tokens that this pass reads: at least one. */
  readonly tokens: number;
}

/** The cache as one forward pass sees it. A model takes those of its own caches alone. */
export interface CachePass {
  readonly rows: readonly CacheRow[];
}

/** A copy of a block's first tokens. */
export interface BlockCopy {
  readonly from: number;
  readonly to: number;
  /** Tokens to be copied; at most a block. */
  readonly tokens: number;
}

export interface CacheShape {
  readonly blocks: number;
  /** Tokens of a block. Where it is that of the longest row, a row is one block. */
  readonly blockSize: number;
}

export interface ModelCache extends CacheShape {
  /** Prepares a pass over these rows. Tensors it makes belong to the scope it is called in. */
  pass(rows: readonly CacheRow[]): CachePass;
  /** Copies between blocks; all are read before any is written. */
  copy(copies: readonly BlockCopy[]): void;
  /** Makes blocks as they were at first: what is NaN in them would spread to whoever gets them next. */
  clear(blocks: readonly number[]): void;
  dispose(): void;
}
