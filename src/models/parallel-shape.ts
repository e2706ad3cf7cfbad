/**
 * @file Shape of a model for a plan on many GPUs: how its layers can be divided, and what their attention computes.
 *
 * A pair is one query token and one token it attends to. With H heads of d for scores and e for values, a pair takes H · d
 * multiplications for its score and H · e for its value. Latent attention (deepseek_v3) decodes in its absorbed form: queries of
 * C + R and values of C in each head, all against the one vector a token that is cached.
 */

export interface ParallelShape {
  /** Query heads: tensor parallel ranks must divide them. */
  readonly heads: number;
  /** Ranks that the cache of a token can be divided over: key heads, or 1 where all heads read one vector. */
  readonly cacheHeads: number;
  /** Multiplications of a pair in a layer, in training and over a cache. A window over fewer tokens is not counted. */
  readonly pair: number;
  readonly cachedPair: number;
  /** Missing in a model without a mixture of experts. */
  readonly experts?: {
    /** In a layer: expert parallel ranks must divide them. */
    readonly count: number;
    readonly perToken: number;
    readonly width: number;
    /** Layers that have experts. */
    readonly layers: number;
    /** Nodes that a token goes to at most, where experts are in groups and a group is on one node. */
    readonly groupsPerToken?: number;
  };
}
