/**
 * @file CausalLM: the decoder-only transformer, of any form (decoder-form.ts; grouped-form.ts, deepseek-v3/).
 *
 * Layers of attention and feed-forward (decoder-layer.ts), a final norm, a head; behind the last layer those for
 * multi-token prediction, if the model has some. What layers share is computed once a pass: a rotation for each rotary setting, and
 * a mask for each window. Fields are named as in checkpoints, see layers/module.ts.
 */

import { type DType, itemSize, linear, scope, type Tensor } from '../torch/index.ts';
import type { DecoderForm, StackConfig } from './decoder-form.ts';
import { type DecoderLayer, decoderLayer, PredictorLayer } from './decoder-layer.ts';
import type { ForwardInput, LanguageModel, ModelParts, Predictor } from './language-model.ts';
import {
  type AttentionMask,
  attentionMask,
  BlockCache,
  BlockPass,
  type CacheShape,
  checkSegments,
  Embedding,
  fewRowsLinear,
  innerLinears,
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
  type RopeConfig,
  Rotary,
  type Rotation,
  type StateKind,
  StaticBlockPass,
  segmentNumbers,
  segmentPositions,
  varlenKernel,
} from './layers/index.ts';

class DecoderStack extends Module {
  embed_tokens: Embedding;
  /** Those of the model, then its predictors. */
  layers: DecoderLayer[];
  norm: RMSNorm;

  constructor(config: StackConfig, form: DecoderForm, placement: Placement) {
    super();
    const { vocabSize, hiddenSize, layers, predictors = 0, rmsNormEps, normOffset } = config;
    this.embed_tokens = new Embedding(vocabSize, hiddenSize, placement, form.embeddingScale);
    this.layers = Array.from({ length: layers + predictors }, (_, index) =>
      index < layers
        ? decoderLayer(config, form, index, placement)
        : new PredictorLayer(config, form, index, placement),
    );
    this.norm = new RMSNorm(hiddenSize, rmsNormEps, placement, normOffset);
  }
}

/** The decoder-only transformer: `loadModel` reads one from a checkpoint, `initModel` draws one. */
export class CausalLM extends Module implements LanguageModel {
  model: DecoderStack;
  /** null where the embedding's weights are the head's. */
  lm_head: Linear | null;
  readonly config: StackConfig;
  readonly #form: DecoderForm;
  /** The rotary setting of each layer, and the tables of each setting. */
  readonly #ropes: readonly RopeConfig[];
  readonly #rotaries: ReadonlyMap<RopeConfig, Rotary>;
  /** In place of the head's weights once it is quantised. */
  quantisedHead: QuantisedWeight | null = null;
  /** Of the head: see Linear. */
  readsFewRows = false;

  /** Memory only: see loadModel and initModel for values. Parameters need no gradients until `requiresGrad_()`. */
  constructor(config: StackConfig, form: DecoderForm, placement: Placement) {
    super();
    const { tieEmbeddings, hiddenSize, vocabSize, maxPositions, layers, rope } = config;
    this.model = new DecoderStack(config, form, placement);
    this.lm_head = tieEmbeddings ? null : new Linear(hiddenSize, vocabSize, false, placement);
    this.config = config;
    this.#form = form;
    this.#ropes = form.ropes ?? Array<RopeConfig>(layers).fill(rope);
    const shape = { headDim: form.rotated, maxPositions };
    this.#rotaries = new Map([...new Set(this.#ropes)].map((own) => [own, new Rotary(own, shape)]));
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
    const { heads, widths, layers = this.model.layers.length } = this.#form.cached;
    const numbers = heads * widths.reduce((sum, width) => sum + width, 0);
    return layers * numbers * itemSize[this.dtype];
  }

  get stateBytesPerRow(): number {
    const { layers = 0, kinds = [] } = this.#states ?? {};
    const bytes = kinds.map(({ shape, dtype }) => shape.reduce((all, size) => all * size, itemSize[dtype]));
    return layers * bytes.reduce((sum, own) => sum + own, 0);
  }

  /** The layers with states, and what each of them keeps of a row. */
  get #states(): { readonly layers: number; readonly kinds: readonly StateKind[] } | undefined {
    const { linear: areLinear = [], states } = this.#form;
    const layers = areLinear.filter((isLinear) => isLinear).length;
    return states && { layers, kinds: states(this) };
  }

  get headWeight(): Tensor | undefined {
    return this.#form.logitCap === undefined ? this.#projection : undefined;
  }

  /** What the head multiplies by; undefined where it is quantised. */
  get #projection(): Tensor | undefined {
    return this.quantisedHead === null ? (this.lm_head ?? this.model.embed_tokens).weight : undefined;
  }

  newCache(shape: CacheShape): BlockCache {
    const layers = this.model.layers.length;
    const { dtype, device } = this;
    const { cached, windows, groups, kernelHead } = this.#form;
    const masked = kernelHead === undefined || windows.some((window) => window !== null);
    const states = this.#states;
    return new BlockCache({ layers, ...cached, groups, dtype, device, masked, states, ...shape });
  }

  dropHead(): void {
    this.lm_head?.dispose();
    this.lm_head = null;
  }

  quantiseHead(as: QuantisedBase): void {
    const weight = this.#projection;
    if (weight === undefined) return;
    this.quantisedHead = quantisedWeight(weight, as);
    this.dropHead();
  }

  readFewRows(): void {
    this.readsFewRows = true;
    for (const [, layer] of innerLinears(this)) layer.readsFewRows = true;
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
          .map((layer, index) => (x: Tensor) => scope(() => layer.forward(x, index, passes[index]!))),
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
      // As the last layer's.
      const pass = this.#passes(input, passOf(input), embedding.weight).at(-1)!;
      const x = layer.joined(hidden, embedding.forward(input.tokens));
      return layer.shared_head.norm.forward(layer.forward(x, index, pass));
    });
  }

  logits(hidden: Tensor): Tensor {
    const { quantisedHead, readsFewRows } = this;
    const { logitCap: cap } = this.#form;
    const product = readsFewRows ? fewRowsLinear : linear;
    const logits =
      quantisedHead === null
        ? product(hidden, this.#projection!, null)
        : quantisedLinear(hidden, quantisedHead, null);
    const wide = wideLogits(logits);
    return cap === undefined ? wide : replaced(wide, (own) => own.div(cap).tanh().mul(cap));
  }

  forward(input: ForwardInput): Tensor {
    return scope(() => this.logits(this.hidden(input)));
  }

  override dispose(): void {
    super.dispose();
    for (const rotary of this.#rotaries.values()) rotary.dispose();
  }

  /**
   * What each layer is given of the pass.
   * @param like - a tensor of the dtype and on the device of the states
   */
  #passes(input: ForwardInput, cache: KeyValuePass | null, like: Tensor): Pass[] {
    const { windows } = this.#form;
    const rotations = new Map(
      [...this.#rotaries].map(([rope, rotary]) => [rope, this.#rotation(rotary, input, cache, like)]),
    );
    const masks = new Map(
      [...new Set(windows)].map((window) => [window, this.#mask(input, cache, like, window)]),
    );
    const shared = { cache, routing: input.routing, ...this.#marks(input) };
    return this.#ropes.map((rope, layer) => ({
      ...shared,
      rotation: rotations.get(rope)!,
      mask: masks.get(windows[layer]!)!,
    }));
  }

  /** What layers with states have to know of the tokens. */
  #marks({ tokens, segments, attentionMask: padding }: ForwardInput): Pick<Pass, 'real' | 'documents'> {
    if (this.#form.linear === undefined) return {};
    const { device } = tokens;
    return {
      real: padding?.ne(0),
      documents: segments && segmentNumbers(segments, tokens.size(1), device),
    };
  }

  #rotation(
    rotary: Rotary,
    { tokens, segments, attentionMask: padding }: ForwardInput,
    cache: KeyValuePass | null,
    like: Tensor,
  ): Rotation {
    if (cache !== null) {
      this.#requireSteady(rotary, cache.limit);
      if (cache.positions !== null) return rotary.at(cache.positions, cache.limit, like);
      return rotary.consecutive(cache.start!, tokens.size(1), like);
    }
    const T = tokens.size(1);
    if (segments !== undefined)
      return rotary.at(segmentPositions(segments, T, like.device), longestSegment(segments), like);
    if (padding === undefined) return rotary.consecutive(0, T, like);
    const counted = padding.ne(0).cumsum(1).sub(1).clamp_(0, null);
    // Read from the device only where angles depend on it.
    const longest = T <= rotary.steady ? T : counted.max().item() + 1;
    return rotary.at(counted, longest, like);
  }

  #requireSteady({ steady }: Rotary, length: number): void {
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

/** Logits in float32 at least; narrower ones are freed. */
function wideLogits(logits: Tensor): Tensor {
  const { dtype } = logits;
  if (dtype === 'float32' || dtype === 'float64') return logits;
  return replaced(logits, (own) => own.to('float32'));
}

/** What is made of a tensor that nobody needs afterwards. */
function replaced(own: Tensor, made: (own: Tensor) => Tensor): Tensor {
  const result = scope(() => made(own));
  own.dispose();
  return result;
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
