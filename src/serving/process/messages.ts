/** @file Messages between the server and a model's process. Plain data, over Node's own channel. */

import type { EngineStats } from '../../inference/engine/index.ts';
import type { ReadingPrecision } from '../../precision.ts';
import type { PromptTemplate } from '../../text/index.ts';
import type { GenerationFailure, GenerationRequest, ModelInfo, SamplingDefaults } from '../backend.ts';
import type { NamedFormat } from '../formats/index.ts';
import type { PromptEvent } from '../generation/index.ts';
import type { RequestStart } from '../replies/index.ts';
import type { PackedTokens } from './token-batch.ts';

/** How a checkpoint is served. */
export interface ModelOptions {
  /** The name requests use. */
  readonly id: string;
  readonly checkpoint: string;
  /** auto, cpu, cuda or cuda:<n> */
  readonly device: string;
  readonly precision: ReadingPrecision;
  /** Replies that grow at once. */
  readonly maxRows: number;
  /** Replies that wait beyond those. */
  readonly maxQueue: number;
  /** Longest prompt and reply together; null takes the model's own. */
  readonly context: number | null;
  /** Tokens the KV cache holds; null chooses by memory. */
  readonly cacheTokens: number | null;
  /** Tokens of a cache block: prefixes are found again in steps of it. */
  readonly blockSize: number;
  /** Decodes with drafts of the model's layer for multi-token prediction. */
  readonly speculate: boolean;
  /** null takes the checkpoint's chat template, or R1-Zero's prompt where it has none. */
  readonly promptTemplate: PromptTemplate | null;
  /** Whether the thought is opened for the model, closed for it, or left to its template. */
  readonly thinking: 'auto' | 'always' | 'never';
  /** Of requests that do not say; what is left out here is the checkpoint's to say. */
  readonly sampling: Partial<SamplingDefaults>;
  /** Milliseconds a reader may take nothing before its request is given up. */
  readonly stallTimeoutMs: number;
  /** Milliseconds without a sign of life after which the model's process is killed and started again. */
  readonly hangTimeoutMs: number;
  /** Its weights are going to be replaced: what that needs is refused or left out where it would not allow it. */
  readonly updatable: boolean;
  /** Threads of the model's process; null leaves it to libtorch. */
  readonly threads: number | null;
}

/** What `aha serve` takes where it is told nothing else. */
export const MODEL_DEFAULTS: Omit<ModelOptions, 'id' | 'checkpoint'> = {
  device: 'auto',
  precision: 'auto',
  maxRows: 16,
  maxQueue: 64,
  context: null,
  cacheTokens: null,
  blockSize: 16,
  speculate: false,
  promptTemplate: null,
  thinking: 'auto',
  sampling: {},
  stallTimeoutMs: 60_000,
  // A step of the engine reads 256 tokens of a prompt at most on a CPU: minutes, for a large model on few cores.
  hangTimeoutMs: 300_000,
  updatable: false,
  threads: null,
};

/** What a model's process tells of the model once it is loaded. */
export type LoadedModel = Omit<ModelInfo, 'id' | 'state' | 'maxReplies'>;

/** Messages to a model's process come as a list; `load` comes alone, and first. */
export type ToModel =
  | { readonly type: 'load'; readonly options: ModelOptions }
  | {
      readonly type: 'generate';
      readonly id: number;
      readonly request: GenerationRequest;
      /** null where the answer is free. */
      readonly format: NamedFormat | null;
    }
  | { readonly type: 'update'; readonly id: number; readonly checkpoint: string; readonly version: string }
  | { readonly type: 'cancel'; readonly id: number }
  /** One reply of a request is at its end: its text holds a stop string. */
  | { readonly type: 'end'; readonly id: number; readonly reply: number }
  /** Pairs of numbers: a request, and how many of its tokens and events have been taken. */
  | { readonly type: 'taken'; readonly counts: Int32Array };

export interface ProcessStats extends EngineStats {
  readonly residentBytes: number;
}

export interface Failure {
  readonly kind: GenerationFailure;
  readonly message: string;
}

export type FromModel =
  | { readonly type: 'ready'; readonly model: LoadedModel; readonly warnings: readonly string[] }
  /** The checkpoint cannot be loaded. */
  | { readonly type: 'refused'; readonly message: string; readonly exitCode: number }
  /** What has happened since the last such message: requests that began, prompts told back, and then tokens. */
  | {
      readonly type: 'progress';
      readonly starts: readonly (readonly [id: number, start: RequestStart])[];
      readonly prompts: readonly (readonly [id: number, event: PromptEvent])[];
      readonly tokens: PackedTokens | null;
    }
  | { readonly type: 'error'; readonly id: number; readonly failure: Failure; readonly detail: string | null }
  /** The weights have been replaced, or not. */
  | { readonly type: 'updated'; readonly id: number; readonly failure: Failure | null }
  /** Sent between two steps of the engine too, so that it is a sign of life. */
  | { readonly type: 'stats'; readonly stats: ProcessStats };
