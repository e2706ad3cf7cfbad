/**
 * @file Memory of training, for the dry run: what is held from step to step, and what one micro-batch takes on top.
 *
 * With L layers, n tokens in the largest micro-batch and the bytes a token of the architecture's
 * `tokenMemory` (models/decoder-memory.ts: `layer`, `input`, `gradients`, `outside`):
 *
 *   state        weights, gradients and moments, and of a model that is frozen its weights (cost.ts)
 *   activations  n · (L · layer + outside); with recomputation n · ((L + 1) · input + outside), and `layer` of one layer
 *   head         its logits, at most those of a chunk (rl/loss/logprobs.ts)
 *   gradients    of one layer, n · gradients; they follow when the head's logits are free
 *   dequantised  the weights of one layer, over a quantised base, beside its gradients; its layers are always recomputed
 *   optimiser    4 bytes a trained parameter, none where AdamW is fused, when the activations are free
 *
 * The most at one time is state + max(activations + max(head, gradients), optimiser). Left out: what the libraries
 * hold themselves, masks of packed rows, and gaps in the allocator's memory.
 */
import { bytesInWords } from '../../bytes.ts';
import {
  type Kernels,
  type ModelConfig,
  modelSizes,
  numericsOf,
  type QuantisedBase,
  tokenMemory,
} from '../../models/index.ts';
import type { Precision } from '../../precision.ts';
import { headBytes } from '../../rl/loss/index.ts';
import { microBatchTokens } from '../../rl/settings.ts';
import type { Estimate } from '../../run/stage.ts';
import { type DType, features, itemSize } from '../../torch/index.ts';
import type { LoraBase } from './cost.ts';

/** A stage's largest micro-batch and the model it passes through. */
export interface LargestPass {
  readonly config: ModelConfig;
  readonly lora: boolean;
  /** How the frozen weights are quantised; as they are unless given. */
  readonly base?: QuantisedBase | undefined;
  readonly recompute: boolean;
  /** Tokens of the micro-batch, padding counted, and of the longest of its rows. */
  readonly tokens: number;
  readonly length: number;
  /** Options of the head over the vocabulary; null where a scalar head takes its place. */
  readonly head: { readonly temperature?: number; readonly entropyGradient?: boolean } | null;
  readonly device: string;
  /** Of the weights that are computed with. */
  readonly dtype: DType;
  /** Those of this torch on the device unless given. */
  readonly kernels?: Kernels;
  /** Whether the head's kernel runs; as here unless given. */
  readonly headKernel?: boolean;
}

/** Bytes that a micro-batch takes at the moment that takes most. */
export interface PassMemory {
  readonly tokens: number;
  /** Null for an architecture that does not say what its layers keep. */
  readonly activations: number | null;
  /** Of the head's logits, or of a layer's gradients where they are more. */
  readonly head: number;
}

export function passMemory(pass: LargestPass): PassMemory {
  const { config, base, tokens, dtype } = pass;
  const recompute = pass.recompute || base !== undefined;
  const logits = pass.head === null ? 0 : headBytes(tokens, config.vocabSize, pass, pass.head);
  const token = tokenMemory(config, pass);
  if (token === null) return { tokens, activations: null, head: logits };
  const { layers } = config;
  const kept = recompute ? (layers + 1) * token.input : layers * token.layer;
  const dequantised = base === undefined ? 0 : (itemSize[dtype] * modelSizes(config).inner) / layers;
  const backward = tokens * ((recompute ? token.layer : 0) + token.gradients) + dequantised;
  const activations = tokens * (kept + token.outside);
  return { tokens, activations, head: Math.max(logits, backward) };
}

/** Bytes that an optimiser step takes: the composed one has a vector of divisors. */
export function optimiserBytes(trained: number, device: string): number {
  return features.fusedAdamW && device !== 'cpu' ? 0 : 4 * trained;
}

/**
 * The most that is held at one time.
 * @param state - bytes held from step to step
 * @param optimiser - bytes of an optimiser step
 */
export function peakBytes(
  state: number,
  { activations, head }: Pick<PassMemory, 'activations' | 'head'>,
  optimiser: number,
): number {
  return state + Math.max((activations ?? 0) + head, optimiser);
}

/** Tokens of the largest micro-batch of rows of one length. */
export function largestMicroBatch(rows: number, length: number, tokensPerMicroBatch: number): number {
  return length * Math.max(1, Math.min(rows, Math.floor(tokensPerMicroBatch / length)));
}

/** Settings of a stage that trains. */
interface TrainingSettings {
  readonly lora?: LoraBase | undefined;
  readonly recompute: boolean;
  readonly precision: Precision;
  readonly tokensPerMicroBatch?: number | undefined;
}

/** What a stage takes a step on: rows, the tokens of the longest, and the head on its model. */
interface StepShape extends Pick<LargestPass, 'head' | 'device'> {
  readonly rows: number;
  readonly length: number;
}

/**
 * An estimate of what a stage holds from step to step, with its largest micro-batch on top.
 * @param config - of the model; null where the recipe states its size alone: then the estimate stays as it is
 */
export function withPass(
  estimate: Estimate,
  config: ModelConfig | null,
  { lora, recompute, precision, tokensPerMicroBatch }: TrainingSettings,
  { rows, length, head, device }: StepShape,
): Estimate {
  if (config === null) return estimate;
  const { bytes: state = 0, parameters = 0, basis } = estimate;
  const memory = passMemory({
    config,
    lora: lora !== undefined,
    base: lora?.base,
    recompute,
    tokens: largestMicroBatch(rows, length, microBatchTokens(tokensPerMicroBatch, device)),
    length,
    head,
    device,
    dtype: numericsOf(precision, device).dtype,
  });
  return {
    ...estimate,
    bytes: peakBytes(state, memory, lora === undefined ? optimiserBytes(parameters, device) : 0),
    basis: `${basis}: ${bytesInWords(state)}; ${passInWords(memory)}`,
  };
}

function passInWords({ tokens, activations, head }: PassMemory): string {
  if (activations === null) return 'activations not counted';
  const sizes = [activations, head].map(bytesInWords);
  return `activations of ${tokens.toLocaleString('en')} tokens ${sizes[0]}, logits or gradients ${sizes[1]}`;
}
