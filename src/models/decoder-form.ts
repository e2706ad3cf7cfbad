/** @file DecoderForm: what the layers of a decoder are made of. CausalLM (decoder.ts) is the same for all forms. */
import type { Tensor } from '../torch/index.ts';
import type { ModelConfig } from './language-model.ts';
import type {
  LayerRouting,
  Module,
  NormOffset,
  Pass,
  Placement,
  RopeConfig,
  StateKind,
} from './layers/index.ts';

/** What all decoders have in their configuration. */
export interface StackConfig extends ModelConfig {
  readonly rmsNormEps: number;
  readonly rope: RopeConfig;
  /** Added to the weights of all norms: 1 in Gemma; 0 unless given. */
  readonly normOffset?: NormOffset | undefined;
}

/** The attention of one layer. */
export interface AttentionPart extends Module {
  /** [B, T, D] → [B, T, D]; it writes what it keeps of the tokens to the pass's cache, under the layer's number. */
  forward(x: Tensor, layer: number, pass: Pass): Tensor;
}

/** The feed-forward block of one layer. */
export interface FeedForwardPart extends Module {
  /**
   * [B, T, D] → [B, T, D]
   * @param isStatic - no number may be read from the device
   * @param routing - of the pass, for blocks with a router
   */
  forward(x: Tensor, isStatic: boolean, routing?: LayerRouting): Tensor;
}

export interface DecoderForm {
  attention(layer: number, placement: Placement): AttentionPart;
  /** Which layers have a state in place of keys and values: `linear_attn` in checkpoints; none unless given. */
  readonly linear?: readonly boolean[] | undefined;
  feedForward(layer: number, placement: Placement): FeedForwardPart;
  /** Dimensions of a head that turn with the position. */
  readonly rotated: number;
  /** The rotary setting of each layer; that of the configuration in all of them unless given. */
  readonly ropes?: readonly RopeConfig[] | undefined;
  /** Where the norms of a layer are: before attention and feed-forward, behind them, or both; before unless given. */
  readonly norms?: 'before' | 'behind' | 'around' | undefined;
  /** What embeddings are multiplied by; 1 unless given. */
  readonly embeddingScale?: number | undefined;
  /** c: logits are c · tanh(logits / c); as they are unless given. */
  readonly logitCap?: number | undefined;
  /** Vectors that a layer keeps of each token: `heads` of each of the widths. Of all layers unless given. */
  readonly cached: {
    readonly heads: number;
    readonly widths: readonly number[];
    readonly layers?: number;
  };
  /** What a layer with a state keeps of a row, in a model of a dtype; missing where none has one. */
  states?(placement: Placement): readonly StateKind[];
  /** Of each layer the tokens that it looks back over; null for all. */
  readonly windows: readonly (number | null)[];
  /** Query heads per key head. */
  readonly groups: number;
  /**
   * Dimensions of a head where keys and values have as many: kernels for documents, long rows and cached rows read them.
   * Missing: none does, and all that is hidden is in the mask.
   */
  readonly kernelHead?: number | undefined;
}
