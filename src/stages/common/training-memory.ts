/**
 * @file Memory of training, for the dry run: what is held from step to step, and what one micro-batch takes on top.
 *
 * With P parameters, L layers, n tokens in the largest micro-batch and the bytes a token of the architecture's
 * `tokenMemory` (models/decoder-memory.ts: `layer`, `input`, `gradients`, `outside`):
 *
 *   state        weights, gradients and moments, and of a model that is frozen its weights
 *   activations  n · (L · layer + outside); with recomputation n · ((L + 1) · input + outside), and `layer` of one layer
 *   head         its logits, at most those of a chunk (rl/loss/logprobs.ts)
 *   gradients    of one layer, n · gradients; they follow when the head's logits are free
 *   optimiser    4 bytes a trained parameter, when the activations are free
 *
 * The most at one time is state + max(activations + max(head, gradients), optimiser). Left out: what the libraries
 * hold themselves, masks of packed rows, and gaps in the allocator's memory.
 */
import { bytesInWords } from '../../bytes.ts';
import {
  type LoraOptions,
  loraParameters,
  type ModelConfig,
  parameterBytes,
  tokenMemory,
} from '../../models/index.ts';
import { headBytes } from '../../rl/loss/index.ts';
import type { DType } from '../../torch/index.ts';

/** A stage's largest micro-batch and the model it passes through. */
export interface TrainingShape {
  readonly config: ModelConfig;
  readonly parameters: number;
  readonly lora?: LoraOptions | undefined;
  readonly recompute: boolean;
  /** Tokens of the largest micro-batch, padding counted, and of the longest of its rows. */
  readonly tokens: number;
  readonly length: number;
  /** Options of the head over the vocabulary; null where a scalar head takes its place. */
  readonly head: { readonly temperature?: number; readonly entropyGradient?: boolean } | null;
  readonly device: string;
  /** Of the weights that are computed with. */
  readonly dtype: DType;
}

/** Bytes at the moment that takes most. */
export interface TrainingMemory {
  readonly state: number;
  /** Null for an architecture that does not say what its layers keep. */
  readonly activations: number | null;
  /** Of the head's logits, or of a layer's gradients where they are more. */
  readonly head: number;
  readonly peak: number;
}

/** Bytes of a model's weights and of what training holds of those it changes: see parameterBytes. */
export function stateBytes(frozen: number, trained: number, dtype: DType): number {
  const bytes = parameterBytes(dtype);
  return frozen * bytes.frozen + trained * bytes.trained;
}

export function trainingMemory(shape: TrainingShape): TrainingMemory {
  const { config, parameters, lora, recompute, tokens, length, device, dtype } = shape;
  const added = lora === undefined ? 0 : loraParameters(config, lora);
  const state =
    lora === undefined
      ? stateBytes(0, parameters, dtype)
      : stateBytes(parameters, 0, dtype) + stateBytes(0, added, 'float32');
  const optimiser = 4 * (lora === undefined ? parameters : added);
  const logits = shape.head === null ? 0 : headBytes(tokens, config.vocabSize, device, shape.head);
  const token = tokenMemory(config, { device, dtype, lora: lora !== undefined, length });
  if (token === null) {
    return { state, activations: null, head: logits, peak: state + Math.max(logits, optimiser) };
  }
  const { layers } = config;
  const kept = recompute ? (layers + 1) * token.input : layers * token.layer;
  const activations = tokens * (kept + token.outside);
  const backward = tokens * ((recompute ? token.layer : 0) + token.gradients);
  const head = Math.max(logits, backward);
  return { state, activations, head, peak: state + Math.max(activations + head, optimiser) };
}

/** The sum in words. */
export function memoryInWords(
  { state, activations, head }: Pick<TrainingMemory, 'state' | 'activations' | 'head'>,
  { lora, tokens }: Pick<TrainingShape, 'lora' | 'tokens'>,
): string {
  const model =
    lora === undefined
      ? 'weights, gradients and two moments in float32'
      : 'frozen weights in float32, and the additions';
  const count = tokens.toLocaleString('en');
  const pass =
    activations === null
      ? 'activations not counted'
      : `activations of ${count} tokens ${bytesInWords(activations)}`;
  return `${model} ${bytesInWords(state)}; ${pass}; logits or gradients of a layer ${bytesInWords(head)}`;
}
