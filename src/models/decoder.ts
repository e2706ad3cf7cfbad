/**
 * @file CausalLM: the decoder-only transformer, of any form (decoder-form.ts; grouped-form.ts, deepseek-v3/).
 *
 * Pre-norm layers of attention and feed-forward, a final norm, a head; behind the last layer those that predict tokens after
 * the next, where the model has some. What layers share is computed once a pass: the
 * rotation, and a mask for each window there is. Fields are named as in checkpoints, see nn/module.ts.
 */

import { cat, type DType, itemSize, linear, scope, type Tensor } from '../torch/index.ts';
import type { AttentionPart, DecoderForm, FeedForwardPart, StackConfig } from './decoder-form.ts';
import type { ForwardInput, LanguageModel, ModelParts, Predictor } from './language-model.ts';
import {
  type AttentionMask,
  attentionMask,
  BlockCache,
  BlockPass,
  type CacheShape,
  checkSegments,
  Embedding,
  type KeyValuePass,
  Linear,
  longestSegment,
  Module,
  type Pass,
  type Placement,
  type QuantisedBase,
  type QuantisedWeight,
  quantisedLinear,
  quantisedWeight,
  RMSNorm,
  Rotary,
  type Rotation,
  StaticBlockPass,
  segmentPositions,
  varlenKernel,
} from './layers/index.ts';

class DecoderLayer extends Module {
  self_attn: AttentionPart;
  mlp: FeedForwardPart;
  input_layernorm: RMSNorm;
  post_attention_layernorm: RMSNorm;

  constructor(
    { hiddenSize, rmsNormEps }: StackConfig,
    form: DecoderForm,
    index: number,
    placement: Placement,
  ) {
    super();
    this.self_attn = form.attention(placement);
    this.mlp = form.feedForward(index, placement);
    this.input_layernorm = new RMSNorm(hiddenSize, rmsNormEps, placement);
    this.post_attention_layernorm = new RMSNorm(hiddenSize, rmsNormEps, placement);
  }

  /** [B, T, D] → [B, T, D] */
  forward(x: Tensor, index: number, pass: Pass): Tensor {
    const mixed = this.self_attn.forward(this.input_layernorm.forward(x), index, pass);
    const [attended, normal] = this.post_attention_layernorm.added(x, mixed);
    return attended.add(this.mlp.forward(normal, pass.cache?.isStatic ?? false, pass.routing));
  }
}

/** What a predictor has of a head beside the model's: fields are named as in checkpoints. */
class PredictorHead extends Module {
  norm: RMSNorm;

  constructor({ hiddenSize, rmsNormEps }: StackConfig, placement: Placement) {
    super();
    this.norm = new RMSNorm(hiddenSize, rmsNormEps, placement);
  }
}

/**
 * The layer of a predictor (DeepSeek-V3, eq. 21 and 22): h' = M [norm(embedding of the next token); norm(h)], then a layer as
 * any other. The report writes the two parts the other way round; checkpoints have them in this order.
 */
class PredictorLayer extends DecoderLayer {
  enorm: RMSNorm;
  hnorm: RMSNorm;
  eh_proj: Linear;
  shared_head: PredictorHead;

  constructor(config: StackConfig, form: DecoderForm, index: number, placement: Placement) {
    super(config, form, index, placement);
    const { hiddenSize, rmsNormEps } = config;
    this.enorm = new RMSNorm(hiddenSize, rmsNormEps, placement);
    this.hnorm = new RMSNorm(hiddenSize, rmsNormEps, placement);
    this.eh_proj = new Linear(2 * hiddenSize, hiddenSize, false, placement);
    this.shared_head = new PredictorHead(config, placement);
  }

  /** h' of states and of the embeddings of the tokens after them, [B, T, D] each. */
  joined(hidden: Tensor, embedded: Tensor): Tensor {
    return scope(() =>
      this.eh_proj.forward(cat([this.enorm.forward(embedded), this.hnorm.forward(hidden)], -1)),
    );
  }
}

class DecoderStack extends Module {
  embed_tokens: Embedding;
  /** Those of the model, then its predictors. */
  layers: (DecoderLayer | PredictorLayer)[];
  norm: RMSNorm;

  constructor(config: StackConfig, form: DecoderForm, placement: Placement) {
    super();
    this.embed_tokens = new Embedding(config.vocabSize, config.hiddenSize, placement);
    this.layers = Array.from(
      { length: config.layers + (config.predictors ?? 0) },
      (_, index) =>
        new (index < config.layers ? DecoderLayer : PredictorLayer)(config, form, index, placement),
    );
    this.norm = new RMSNorm(config.hiddenSize, config.rmsNormEps, placement);
  }
}

/** The decoder-only transformer: `loadModel` reads one from a checkpoint, `initModel` draws one. */
export class CausalLM extends Module implements LanguageModel {
  model: DecoderStack;
  /** null where the embedding's weights are the head's. */
  lm_head: Linear | null;
  readonly config: StackConfig;
  readonly rotary: Rotary;
  readonly #form: DecoderForm;
  /** In place of the head's weights once it is quantised. */
  quantisedHead: QuantisedWeight | null = null;

  /** Memory only: see loadModel and initModel for values. Parameters need no gradients until `requiresGrad_()`. */
  constructor(config: StackConfig, form: DecoderForm, placement: Placement) {
    super();
    const { tieEmbeddings, hiddenSize, vocabSize, maxPositions } = config;
    this.model = new DecoderStack(config, form, placement);
    this.lm_head = tieEmbeddings ? null : new Linear(hiddenSize, vocabSize, false, placement);
    this.config = config;
    this.#form = form;
    this.rotary = new Rotary(config.rope, { headDim: form.rotated, maxPositions });
  }

  get device(): string {
    return this.model.embed_tokens.weight.device;
  }

  get dtype(): DType {
    return this.model.embed_tokens.weight.dtype;
  }

  get readsSegments(): boolean {
    const { dtype, device } = this;
    const { kernelHead: headDim, windows } = this.#form;
    if (headDim === undefined) return false;
    return windows.every((window) => varlenKernel({ dtype, device, headDim, window }) !== null);
  }

  get cacheBytesPerToken(): number {
    const { heads, widths } = this.#form.cached;
    const numbers = heads * widths.reduce((sum, width) => sum + width, 0);
    return this.model.layers.length * numbers * itemSize[this.dtype];
  }

  get headWeight(): Tensor | undefined {
    return this.quantisedHead === null ? (this.lm_head ?? this.model.embed_tokens).weight : undefined;
  }

  newCache(shape: CacheShape): BlockCache {
    const layers = this.model.layers.length;
    const { dtype, device } = this;
    const { cached, windows, groups, kernelHead } = this.#form;
    const masked = kernelHead === undefined || windows.some((window) => window !== null);
    return new BlockCache({ layers, ...cached, groups, dtype, device, masked, ...shape });
  }

  dropHead(): void {
    this.lm_head?.dispose();
    this.lm_head = null;
  }

  quantiseHead(as: QuantisedBase): void {
    const weight = this.headWeight;
    if (weight === undefined) return;
    this.quantisedHead = quantisedWeight(weight, as);
    this.dropHead();
  }

  hidden(input: ForwardInput): Tensor {
    return scope(() => {
      const { embed, layers } = this.parts(input);
      let x = embed();
      for (const layer of layers) {
        const next = layer(x);
        // The graph keeps what backward needs; the handle would hold every layer's output until the end.
        x.dispose();
        x = next;
      }
      return x;
    });
  }

  parts(input: ForwardInput): ModelParts {
    checkShapes(input);
    const { embed_tokens: embedding, layers, norm } = this.model;
    const passes = this.#passes(input, passOf(input), embedding.weight);
    return {
      embed: () => embedding.forward(input.tokens),
      layers: [
        ...layers
          .slice(0, this.config.layers)
          .map(
            (layer, index) => (x: Tensor) =>
              scope(() => layer.forward(x, index, passes.get(this.#windowOf(index))!)),
          ),
        (x) => scope(() => norm.forward(x)),
      ],
    };
  }

  get predictors(): readonly Predictor[] | undefined {
    const { layers } = this.config;
    const found = this.model.layers.flatMap((layer, index): Predictor[] =>
      layer instanceof PredictorLayer
        ? [{ states: (hidden, input) => this.#predicted(layer, index, hidden, input) }]
        : [],
    );
    return this.model.layers.length === layers ? undefined : found;
  }

  #predicted(layer: PredictorLayer, index: number, hidden: Tensor, input: ForwardInput): Tensor {
    checkShapes(input);
    return scope(() => {
      const { embed_tokens: embedding } = this.model;
      const pass = this.#passes(input, passOf(input), embedding.weight).get(this.#windowOf(index))!;
      const x = layer.joined(hidden, embedding.forward(input.tokens));
      return layer.shared_head.norm.forward(layer.forward(x, index, pass));
    });
  }

  logits(hidden: Tensor): Tensor {
    const { quantisedHead, headWeight } = this;
    const logits =
      quantisedHead === null ? linear(hidden, headWeight!) : quantisedLinear(hidden, quantisedHead, null);
    if (logits.dtype === 'float32' || logits.dtype === 'float64') return logits;
    const wide = logits.to('float32');
    logits.dispose();
    return wide;
  }

  forward(input: ForwardInput): Tensor {
    return scope(() => this.logits(this.hidden(input)));
  }

  override dispose(): void {
    super.dispose();
    this.rotary.dispose();
  }

  /** A predictor's is that of the last layer. */
  #windowOf(layer: number): number | null {
    const { windows } = this.#form;
    return windows[Math.min(layer, windows.length - 1)]!;
  }

  /**
   * What layers share, by their window.
   * @param like - a tensor of the dtype and on the device of the states
   */
  #passes(input: ForwardInput, cache: KeyValuePass | null, like: Tensor): Map<number | null, Pass> {
    const rotation = this.#rotation(input, cache, like);
    const windows = [...new Set(this.#form.windows)];
    return new Map(
      windows.map((window) => [
        window,
        { rotation, mask: this.#mask(input, cache, like, window), cache, routing: input.routing },
      ]),
    );
  }

  #rotation(
    { tokens, segments, attentionMask: padding }: ForwardInput,
    cache: KeyValuePass | null,
    like: Tensor,
  ): Rotation {
    if (cache !== null) {
      this.#requireSteady(cache.limit);
      if (cache.positions !== null) return this.rotary.at(cache.positions, cache.limit, like);
      return this.rotary.consecutive(cache.start!, tokens.size(1), like);
    }
    const T = tokens.size(1);
    if (segments !== undefined)
      return this.rotary.at(segmentPositions(segments, T, like.device), longestSegment(segments), like);
    if (padding === undefined) return this.rotary.consecutive(0, T, like);
    const counted = padding.ne(0).cumsum(1).sub(1).clamp_(0, null);
    // Read from the device only where angles depend on it.
    const longest = T <= this.rotary.steady ? T : counted.max().item() + 1;
    return this.rotary.at(counted, longest, like);
  }

  #requireSteady(length: number): void {
    const { steady } = this.rotary;
    if (length <= steady) return;
    throw new RangeError(
      `a cached sequence of ${length} tokens: rope ${this.config.rope.type} gives what the whole pass gives up to ${steady}`,
    );
  }

  #mask(
    { tokens, attentionMask: padding, segments }: ForwardInput,
    cache: KeyValuePass | null,
    like: Tensor,
    window: number | null,
  ): AttentionMask {
    const queries = tokens.size(1);
    const keys = cache?.length ?? queries;
    const hidden = cache?.hidden(window) ?? undefined;
    const { groups, kernelHead: headDim } = this.#form;
    const { dtype, device } = like;
    return attentionMask({
      queries,
      keys,
      window,
      padding,
      segments,
      hidden,
      groups,
      headDim,
      cached: cache !== null,
      dtype,
      device,
    });
  }
}

/** The pass over the cache, which has to be one of this kind of model's. */
function passOf({ cache }: ForwardInput): KeyValuePass | null {
  if (cache === undefined) return null;
  if (cache instanceof BlockPass || cache instanceof StaticBlockPass) return cache;
  throw new TypeError('the cache is that of another model');
}

function checkShapes({ tokens, cache, attentionMask: padding, segments }: ForwardInput): void {
  if (tokens.ndim !== 2) throw new RangeError(`tokens have shape [${tokens.shape.join(', ')}], not [B, T]`);
  const [B, T] = tokens.shape as [number, number];
  const expect = (name: string, found: Tensor | undefined, shape: readonly number[]): void => {
    if (found !== undefined && found.shape.join() !== shape.join()) {
      throw new RangeError(`${name} has shape [${found.shape.join(', ')}], expected [${shape.join(', ')}]`);
    }
  };
  expect('attentionMask', padding, [B, T]);
  if (segments !== undefined) checkSegments(segments, B, T);
  if (padding && segments) throw new RangeError('attentionMask and segments exclude one another');
  if (cache === undefined) return;
  if (padding ?? segments) throw new RangeError('a pass over a cache takes neither a mask nor segments');
  expect('tokens', tokens, cache.shape);
}
