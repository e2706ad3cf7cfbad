/**
 * @file Attention mask, the keys each query may attend to: built once per forward pass and shared by all layers.
 *
 * A mask is a bias added to the scores: 0 where allowed, a large negative number elsewhere. It is finite, so that a
 * padding query that may see nothing still has finite (meaningless) output instead of NaN in the keys of later layers.
 */
import { type DType, features, noGrad, ones, scope, type Tensor, zeros } from '../../torch/index.ts';
import { type Documents, varlenKernel } from './attention-kernels.ts';
import { LONG, readsLong } from './long-attention.ts';
import { longestSegment, type Segments, sameSegment, stretchesOf } from './segments.ts';

export interface AttentionMask {
  /** [B or 1, 1, T, S] in the model's dtype, or null where nothing but `causal` restricts. */
  readonly bias: Tensor | null;
  /** Queries and keys are the same tokens, and each query sees itself and what is before it. Never with a bias. */
  readonly causal: boolean;
  /** Each row is one document that cuDNN reads (long-attention.ts). Only where `causal`. */
  readonly long?: boolean | undefined;
  /** Documents that a variable-length kernel reads, each causal by itself; in place of a bias. */
  readonly documents?: Documents | undefined;
}

export interface MaskOptions {
  /** Queries T and keys S; the queries are the last T of the S tokens. */
  readonly queries: number;
  readonly keys: number;
  /** Tokens a query looks back over, itself included; null or missing for all. Not with `hidden`, which says it. */
  readonly window?: number | null | undefined;
  /** [B, S], non-zero = real token; combined with the causal rule. */
  readonly padding?: Tensor | undefined;
  /** Documents of rows of T = S tokens: each is causal by itself, within the window. Not with `padding` or `hidden`. */
  readonly segments?: Segments | undefined;
  /** bool [B, 1, T, S], true = may not look; replaces the causal rule. */
  readonly hidden?: Tensor | undefined;
  /** Query heads per key head. */
  readonly groups: number;
  /** Dimensions of a head: `segments` go to a variable-length kernel where one takes them; else, or without, to a mask. */
  readonly headDim?: number | undefined;
  /** The pass is over a cache, whose lengths change from pass to pass. */
  readonly cached?: boolean | undefined;
  readonly dtype: DType;
  readonly device: string;
}

/** exp(this + score) is 0 in every dtype, and adding a score to it does not overflow. */
function floor(dtype: DType): number {
  return dtype === 'float16' ? -3e4 : -1e30;
}

export function attentionMask(options: MaskOptions): AttentionMask {
  const { queries, keys, padding, segments, hidden } = options;
  if (padding === undefined && segments === undefined && hidden === undefined && !slides(options)) {
    if (queries === 1) return { bias: null, causal: false };
    if (queries === keys && features.scaledDotProductAttention)
      return { bias: null, causal: true, long: queries >= longFrom(options) };
  }
  const documents = segments && documentsOf(segments, options);
  if (documents) return { bias: null, causal: false, documents };
  return { bias: noGrad(() => scope(() => biasOf(options))), causal: false };
}

/** Undefined where no kernel reads them. */
function documentsOf(segments: Segments, options: MaskOptions): Documents | undefined {
  const { queries, window, headDim, dtype, device } = options;
  if (headDim === undefined) return;
  // A window that no document is longer than hides nothing.
  const narrow = window != null && window < longestSegment(segments) ? window : null;
  const kernel = varlenKernel({ dtype, device, headDim, window: narrow });
  if (kernel === null) return;
  const long = narrow === null ? longFrom(options) : Infinity;
  return { kernel, stretches: stretchesOf(segments, queries, device, long), window: narrow };
}

/** Tokens from which on a document is read by cuDNN; infinite where none is. */
function longFrom({ headDim, dtype, device, cached = false }: MaskOptions): number {
  if (headDim === undefined || cached) return Infinity;
  return readsLong({ headDim, dtype, device }) ? LONG : Infinity;
}

/** Whether the window hides anything. */
function slides({ window, keys }: MaskOptions): boolean {
  return window != null && window < keys;
}

function biasOf(options: MaskOptions): Tensor {
  const { queries, groups, dtype } = options;
  const forbidden = forbiddenOf(options);
  const bias = zeros(forbidden.shape, options).maskedFill_(forbidden, floor(dtype));
  // The composed attention lays the query heads of a key head out one after another along T.
  const tiled = !features.scaledDotProductAttention && groups > 1 && queries > 1;
  return tiled ? bias.repeat([1, 1, groups, 1]) : bias;
}

/** bool [B or 1, 1, T, S] */
function forbiddenOf(options: MaskOptions): Tensor {
  if (options.hidden !== undefined) return options.hidden;
  const forbidden = forbiddenAhead(options);
  if (!slides(options)) return forbidden;
  const { queries, keys, window, device } = options;
  const past = ones([1, 1, queries, keys], { dtype: 'bool', device }).tril(keys - queries - window!);
  return forbidden.logicalOr(past);
}

/** Without the window. */
function forbiddenAhead({ queries, keys, padding, segments, device }: MaskOptions): Tensor {
  if (segments !== undefined) return sameSegment(segments, queries, device).logicalNot();
  const pads = padding?.eq(0).view([padding.size(0), 1, 1, keys]);
  if (queries === 1 && pads !== undefined) return pads;
  const future = ones([1, 1, queries, keys], { dtype: 'bool', device }).triu(keys - queries + 1);
  return pads === undefined ? future : future.logicalOr(pads);
}
