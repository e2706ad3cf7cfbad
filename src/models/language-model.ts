/**
 * @file LanguageModel: the interface of a language model, all that training, sampling, serving and evaluation know of one.
 *
 * A model is a tree of modules (nn/module.ts), so its parameters have the names of its checkpoint, and LoRA, optimisers
 * and checkpoints find them there. What attention it has and what it keeps of the tokens it has read is its own affair.
 */

import type { DType, Tensor } from '../torch/index.ts';
import type { LayerCache, Module, PassLayout } from './layers/index.ts';

/** What is asked of any model's configuration; an architecture's own has more. */
export interface ModelConfig {
  /** `model_type`: a key of ARCHITECTURES. */
  readonly modelType: string;
  readonly vocabSize: number;
  /** Width of the states that `hidden` gives. */
  readonly hiddenSize: number;
  readonly layers: number;
  /** Longest context the model was made for. */
  readonly maxPositions: number;
  /** The head's weights are those of the embedding. */
  readonly tieEmbeddings: boolean;
  /** Standard deviation of random weights. */
  readonly initializerRange: number;
  readonly bosId: number | null;
  /** Tokens that end a response; may be empty. */
  readonly eosIds: readonly number[];
  readonly padId: number | null;
}

/** Tokens to read. B rows of T tokens; S = tokens in the cache + T. */
export interface ForwardInput {
  /** int64 [B, T] */
  readonly tokens: Tensor;
  /**
   * int64 [B, T]; with a cache, each below its capacity. Counted from the cache's length unless given, and from each
   * row's first real token where an `attentionMask` is.
   */
  readonly positions?: Tensor | undefined;
  /** [B, S], non-zero = real token. Causal besides. */
  readonly attentionMask?: Tensor | undefined;
  /** bool [B, 1, T, S], true = may look: in place of the causal rule. Not with `attentionMask`. */
  readonly blockMask?: Tensor | undefined;
  /** Read and extended by T columns. */
  readonly cache?: LayerCache | undefined;
}

/** A causal language model: token ids to hidden states to logits over the vocabulary. Free it with `dispose`. */
export interface LanguageModel extends Module {
  readonly config: ModelConfig;
  readonly device: string;
  readonly dtype: DType;
  /**
   * States after the final norm, [B, T, D].
   * @throws RangeError where shapes do not fit one another or the cache is full
   */
  hidden(input: ForwardInput): Tensor;
  /** [..., D] → [..., V], float32 at least. */
  logits(hidden: Tensor): Tensor;
  /** logits(hidden(input)), [B, T, V]. */
  forward(input: ForwardInput): Tensor;
  /** Frees the head over the vocabulary where its weights are its own: `hidden` alone can be asked for then. */
  dropHead(): void;
  /** An empty cache for `rows` rows of at most `capacity` tokens. Dispose of it. */
  newCache(rows: number, capacity: number): RowCache;
  /** An empty cache of numbered blocks, which rows of any length share. Dispose of it. */
  newBlockCache(shape: BlockCacheShape): BlockCache;
  /** Bytes that one token takes in a cache. */
  readonly cacheBytesPerToken: number;
}

/** A cache whose rows are all written at the same column. */
export interface RowCache extends LayerCache {
  /** The batch becomes these rows of it (int64 [B′]): left out, reordered or repeated. */
  selectRows(rows: Tensor): void;
  dispose(): void;
}

export interface BlockCacheShape {
  readonly blocks: number;
  /** Tokens of a block. */
  readonly blockSize: number;
  /** Longest row in tokens. */
  readonly capacity: number;
}

/** What a model keeps of the tokens it has read, in numbered blocks. Block 0 takes the padding. */
export interface BlockCache {
  readonly blockSize: number;
  /** The cache as one forward pass sees it. Columns beyond a row's tokens hold stale values: mask them. */
  pass(layout: PassLayout): LayerCache;
  /** Makes blocks as they were at first: what is NaN in them would spread to whoever gets them next. */
  clear(blocks: readonly number[]): void;
  dispose(): void;
}
