/** @file The interface of rollout servers, of each kind: health, sampling, new weights. */

import type { Random } from '../../../random.ts';
import type { FinishReason } from '../../../records.ts';

/** One response that is asked for. */
export interface SequenceRequest {
  readonly prompt: Int32Array;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 keeps all. */
  readonly topK: number;
  readonly maxTokens: number;
  /** Tokens that end the response and belong to it. */
  readonly stopTokens: readonly number[];
  /** The stream of this response alone: a new one with each call, in the same state. */
  readonly random: () => Random;
}

/** A response as a server tells it, unchecked. */
export interface SequenceAnswer {
  readonly tokens: readonly unknown[];
  readonly logprobs: readonly unknown[];
  readonly finish: FinishReason;
  /** Of the weights that sampled it; null where the server does not tell. */
  readonly version: string | null;
}

/** A version of the weights. */
export interface Weights {
  /** Unique among all runs. */
  readonly version: string;
  /** Its checkpoint's folder, as the server sees it. */
  readonly folder: string;
}

/** A server in its own language. Every method throws EndpointError, or the signal's reason. */
export interface Wire {
  /** Checks that it answers. @returns the version of its weights; null where it does not tell */
  health(signal: AbortSignal, timeoutMs: number): Promise<string | null>;
  sample(request: SequenceRequest, signal: AbortSignal, timeoutMs: number): Promise<SequenceAnswer>;
  /** Gives it other weights; what it cached of the old ones is forgotten. */
  update(weights: Weights, signal: AbortSignal, timeoutMs: number): Promise<void>;
}
