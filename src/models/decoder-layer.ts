/**
 * @file Decoder layers: pre-norm (llama), post-norm (olmo2) or with norms on both sides (gemma3), and the layer for multi-token
 * prediction (deepseek_v3). Fields are named as in checkpoints, see layers/module.ts.
 */
import { cat, scope, type Tensor } from '../torch/index.ts';
import type { AttentionPart, DecoderForm, FeedForwardPart, StackConfig } from './decoder-form.ts';
import { Linear, Module, type Pass, type Placement, RMSNorm } from './layers/index.ts';

/** One layer: [B, T, D] → [B, T, D]. */
export interface DecoderLayer extends Module {
  /** null in a layer whose part has another name. */
  readonly self_attn: AttentionPart | null;
  forward(x: Tensor, index: number, pass: Pass): Tensor;
}

/** A layer of the form, its values not yet set. */
export function decoderLayer(
  config: StackConfig,
  form: DecoderForm,
  index: number,
  placement: Placement,
): DecoderLayer {
  const { norms = 'before' } = form;
  if (norms === 'before') return new PreNormLayer(config, form, index, placement);
  return new PostNormLayer(config, form, index, placement, norms === 'around');
}

function normOf({ hiddenSize, rmsNormEps, normOffset }: StackConfig, placement: Placement): RMSNorm {
  return new RMSNorm(hiddenSize, rmsNormEps, placement, normOffset);
}

/** x ← x + attention(norm(x)); x ← x + mlp(norm(x)) */
class PreNormLayer extends Module implements DecoderLayer {
  /** One of the two; null for the other. */
  self_attn: AttentionPart | null;
  linear_attn: AttentionPart | null;
  mlp: FeedForwardPart;
  input_layernorm: RMSNorm;
  post_attention_layernorm: RMSNorm;

  constructor(config: StackConfig, form: DecoderForm, index: number, placement: Placement) {
    super();
    const mixing = form.attention(index, placement);
    const isLinear = form.linear?.[index] ?? false;
    this.self_attn = isLinear ? null : mixing;
    this.linear_attn = isLinear ? mixing : null;
    this.mlp = form.feedForward(index, placement);
    this.input_layernorm = normOf(config, placement);
    this.post_attention_layernorm = normOf(config, placement);
  }

  forward(x: Tensor, index: number, pass: Pass): Tensor {
    const mixing = (this.self_attn ?? this.linear_attn)!;
    const mixed = mixing.forward(this.input_layernorm.forward(x), index, pass);
    const [attended, normal] = this.post_attention_layernorm.added(x, mixed);
    return attended.add(this.mlp.forward(normal, pass.cache?.isStatic ?? false, pass.routing?.layer(index)));
  }
}

/** x ← x + norm(attention(norm(x))); x ← x + norm(mlp(norm(x))), with or without the inner norms. */
class PostNormLayer extends Module implements DecoderLayer {
  self_attn: AttentionPart;
  mlp: FeedForwardPart;
  input_layernorm: RMSNorm | null;
  post_attention_layernorm: RMSNorm;
  pre_feedforward_layernorm: RMSNorm | null;
  post_feedforward_layernorm: RMSNorm;

  constructor(
    config: StackConfig,
    form: DecoderForm,
    index: number,
    placement: Placement,
    alsoBefore: boolean,
  ) {
    super();
    this.self_attn = form.attention(index, placement);
    this.mlp = form.feedForward(index, placement);
    this.input_layernorm = alsoBefore ? normOf(config, placement) : null;
    this.post_attention_layernorm = normOf(config, placement);
    this.pre_feedforward_layernorm = alsoBefore ? normOf(config, placement) : null;
    this.post_feedforward_layernorm = normOf(config, placement);
  }

  forward(x: Tensor, index: number, pass: Pass): Tensor {
    const read = this.input_layernorm?.forward(x) ?? x;
    const mixed = this.post_attention_layernorm.forward(this.self_attn.forward(read, index, pass));
    const [attended, normal] = this.#joined(x, mixed);
    const made = this.mlp.forward(normal, pass.cache?.isStatic ?? false, pass.routing?.layer(index));
    return attended.add(this.post_feedforward_layernorm.forward(made));
  }

  /** The residual stream behind attention, and what the feed-forward block reads of it. */
  #joined(x: Tensor, mixed: Tensor): readonly [attended: Tensor, normal: Tensor] {
    if (this.pre_feedforward_layernorm !== null) return this.pre_feedforward_layernorm.added(x, mixed);
    const attended = x.add(mixed);
    return [attended, attended];
  }
}

/** What a predictor has of a head beside the model's: fields are named as in checkpoints. */
class PredictorHead extends Module {
  norm: RMSNorm;

  constructor(config: StackConfig, placement: Placement) {
    super();
    this.norm = normOf(config, placement);
  }
}

/**
 * The layer of a predictor (DeepSeek-V3, eq. 21 and 22): h' = M [norm(embedding of the next token); norm(h)], then a layer as
 * any other. The report writes the two parts the other way round; checkpoints have them in this order.
 */
export class PredictorLayer extends PreNormLayer {
  enorm: RMSNorm;
  hnorm: RMSNorm;
  eh_proj: Linear;
  shared_head: PredictorHead;

  constructor(config: StackConfig, form: DecoderForm, index: number, placement: Placement) {
    super(config, form, index, placement);
    const { hiddenSize } = config;
    this.enorm = normOf(config, placement);
    this.hnorm = normOf(config, placement);
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
