/**
 * @file LanguageModel: the interface of a language model, all that training, sampling, serving and evaluation know of one.
 *
 * A model is a tree of modules (nn/module.ts), so its parameters have the names of its checkpoint, and LoRA, optimisers
 * and checkpoints find them there. What attention it has and what it keeps of the tokens it has read is its own affair.
 */

import type { DType, Tensor } from '../torch/index.ts';
import type {
  CachePass,
  CacheShape,
  ModelCache,
  Module,
  QuantisedBase,
  Routing,
  Segments,
} from './layers/index.ts';

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
  /** Longest sequence that a pass over a cache reads as a whole pass does; no limit where it is missing. */
  readonly cachedPositions?: number | undefined;
  /** The head's weights are those of the embedding. */
  readonly tieEmbeddings: boolean;
  /** Standard deviation of random weights. */
  readonly initializerRange: number;
  /** Layers behind the last that predict tokens after the next, as many as its checkpoint may hold; 0 unless given. */
  readonly storedPredictors?: number | undefined;
  /** Those of them that the model has, see withPredictors; 0 unless given. */
  readonly predictors?: number | undefined;
  readonly bosId: number | null;
  /** Tokens that end a response; may be empty. */
  readonly eosIds: readonly number[];
  readonly padId: number | null;
}

/** Longest sequence that can be sampled: of those the model was made for, what a cache can hold. */
export function sampledPositions({ maxPositions, cachedPositions = Infinity }: ModelConfig): number {
  return Math.min(maxPositions, cachedPositions);
}

/** Tokens to read: B rows of T tokens. Without a cache they attend to one another; with one, to what it holds besides. */
export interface ForwardInput {
  /** int64 [B, T]; rows that a pass over a cache reads less of are filled up with any token. */
  readonly tokens: Tensor;
  /** A pass over the model's own cache, of B rows: it says where each row's tokens stand. None of the following then. */
  readonly cache?: CachePass | undefined;
  /** [B, T], non-zero = real token. Causal besides; positions count from each row's first real token. */
  readonly attentionMask?: Tensor | undefined;
  /**
   * Lengths of the documents that lie end to end in each row; padding follows them. Each is read as if it stood alone,
   * from position 0. Not with `attentionMask`.
   */
  readonly segments?: Segments | undefined;
  /** Balance loss, recording or replay in the routers of this pass; none unless given. */
  readonly routing?: Routing | undefined;
}

/** A pass in parts that can each be computed again: hidden(input) is the layers, in order, of what `embed` gives. */
export interface ModelParts {
  /** The states of the tokens, [B, T, D]. */
  embed(): Tensor;
  /** [B, T, D] → [B, T, D], the final norm last. */
  readonly layers: readonly ((x: Tensor) => Tensor)[];
}

/** A layer that predicts tokens after the next (multi-token prediction; DeepSeek-V3, arXiv 2412.19437, section 2.2). */
export interface Predictor {
  /**
   * The states after its norm, [B, T, D]: the model's `logits` of them predict the token after those of the input.
   * @param hidden - what `hidden` of the model, or `states` of the predictor before, gave of the token before each of the input
   * @param input - its cache is that of the model
   */
  states(hidden: Tensor, input: ForwardInput): Tensor;
}

/** A causal language model: token ids to hidden states to logits over the vocabulary. Free it with `dispose`. */
export interface LanguageModel extends Module {
  readonly config: ModelConfig;
  readonly device: string;
  readonly dtype: DType;
  /** Whether `segments` cost no mask of T×T here: their lengths are all that attention needs. */
  readonly readsSegments: boolean;
  /**
   * States after the final norm, [B, T, D].
   * @throws RangeError where shapes do not fit one another, TypeError where the cache is another model's
   */
  hidden(input: ForwardInput): Tensor;
  /**
   * `hidden` in parts, for training with recomputation of activations; missing in a model that is not made of layers. The
   * scope it is called in must outlive the parts.
   */
  parts?(input: ForwardInput): ModelParts;
  /** [..., D] → [..., V], float32 at least. */
  logits(hidden: Tensor): Tensor;
  /**
   * The parameter W [V, D] where logits are hidden · Wᵀ and nothing else: losses then compute the head's gradients by
   * formula. Missing in a model with another head.
   */
  readonly headWeight?: Tensor | undefined;
  /** In the order of the tokens they predict; missing in a model without. */
  readonly predictors?: readonly Predictor[] | undefined;
  /** logits(hidden(input)), [B, T, V]. */
  forward(input: ForwardInput): Tensor;
  /** Frees the head over the vocabulary where its weights are its own: `hidden` alone can be asked for then. */
  dropHead(): void;
  /**
   * Holds the head in 8 or 4 bits from now on, its own weights freed where it does not share them: for a model that is only
   * read. Missing in a model that cannot.
   */
  quantiseHead?(as: QuantisedBase): void;
  /**
   * From now on passes of few rows on a CPU use a kernel that reads each weight once (layers/few-rows.ts): for a model that
   * decodes for one person. Last digits differ from those of passes with more rows. Missing in a model that cannot.
   */
  readFewRows?(): void;
  /** An empty cache of this model's own layout. Dispose of it. */
  newCache(shape: CacheShape): ModelCache;
  /** Bytes that one token takes in a cache. */
  readonly cacheBytesPerToken: number;
  /**
   * Bytes of what a cache keeps of a row as a whole, whatever its length; 0 or missing where a model keeps tokens alone. A row
   * with a state is one block: it goes on from its end only, so no part of it can be shared.
   */
  readonly stateBytesPerRow?: number;
}
