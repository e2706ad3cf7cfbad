/**
 * @file The interface of a model's cache: what a model keeps of the tokens it has read, in numbered blocks.
 *
 * The blocks are the owner's to hand out: a row holds some, in order, and token t of the row lies in the ⌊t / blockSize⌋-th
 * of them. What lies there (keys and values, a latent, a state) only the model knows. A block that several rows hold is
 * read by all and written by none; a row that goes on from another's half-filled block has it copied first.
 */

import type { Tensor } from '../../torch/index.ts';
import type { Linear } from './linear.ts';

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
  /** B rows, and the new tokens of the longest. */
  readonly shape: readonly [rows: number, tokens: number];
}

/** The states of the rows of a pass: what layers keep of a row as a whole (row-states.ts). */
export interface RowStates {
  /** bool [B, T], false behind a row's new tokens; null where all rows read T. */
  readonly real: Tensor | null;
  /** New tokens of each row, int64 [B]; null where all read T. */
  readonly counts: Tensor | null;
  /** Before the new tokens, of each kind [B, …shape]: 0 at the beginning of a row. @param layer - among those with states */
  read(layer: number): Tensor[];
  /** Behind the new tokens. */
  write(layer: number, states: readonly Tensor[]): void;
}

/** A pass over keys and values, as the layers of the decoder use it. */
export interface KeyValuePass extends CachePass {
  /** Its operators are recorded: layers must not ask the device for numbers. */
  readonly isStatic: boolean;
  /** S: columns that `append` gives back. */
  readonly length: number;
  /** No token stands at this position or behind it. */
  readonly limit: number;
  /** Where all rows begin; null where they begin at different tokens. */
  readonly start: number | null;
  /** Position of each new token, int64 [B, T]; null where `start` says it. */
  readonly positions: Tensor | null;
  /**
   * bool [B, 1, T, S], true = hidden from the token; null where the causal rule of `start` or `attend` says it.
   * @param window - tokens that a token looks back over, itself included; null for all
   */
  hidden(window: number | null): Tensor | null;
  /**
   * Writes one layer's new vectors; gives all to attend to.
   * @param added - for each kind [B, heads, T, width]
   * @returns for each kind [B, heads, S, width]
   */
  append(layer: number, added: readonly Tensor[]): Tensor[];
  /**
   * Writes one layer's new keys and values and attends to all of a row, where the pass has a kernel that takes the length
   * of each row in place of a mask.
   * @param query - [B, H, 1, D]
   * @returns [B, H, 1, D]
   */
  readonly attend?: (layer: number, query: Tensor, added: readonly Tensor[]) => Tensor;
  /** What layers keep of a row as a whole; null where none does. */
  readonly states: RowStates | null;
  /** The outputs of linear layers, one behind the other, by one product; null where they cannot be merged. */
  readonly merged?: (x: Tensor, layers: readonly Linear[]) => Tensor | null;
}

/** The rows of a static pass, in tensors that stay where they are: what is in them changes from one run to the next. */
export interface StaticRows {
  /** Tokens that each row has in the cache, int64 [B]: the position of its new one. */
  readonly starts: Tensor;
  /** Blocks of each row in order, int64 [B, N]: enough for `columns`. */
  readonly table: Tensor;
  /** No row has more tokens than this, the new one included. */
  readonly columns: number;
  /** No row ever has: what depends on positions is made for so many, and stays where it is. */
  readonly limit: number;
  /** Row i is block i, but for rows that nobody looks at: the first blocks can be read in place. */
  readonly inOrder: boolean;
}

/**
 * Passes whose operators depend on the rows' number and the columns alone, so that they can be recorded once and run again.
 * Each row reads one token.
 */
export interface StaticPasses {
  /** Rows of one block are read in place wherever their blocks are: there is no need to sort them. */
  readonly anyOrder: boolean;
  /** Rows of several blocks are read as far as they reach: more columns than they use cost next to nothing. */
  readonly anyLength: boolean;
  /**
   * Makes room for rows of so many tokens.
   * @returns another number than before where memory has moved: what was recorded is of no use then
   */
  prepare(columns: number): number;
  /** A pass, to be made inside of what is recorded. */
  pass(rows: StaticRows): CachePass;
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
  /** Missing where the model cannot be recorded. */
  readonly staticPasses?: StaticPasses;
  dispose(): void;
}
