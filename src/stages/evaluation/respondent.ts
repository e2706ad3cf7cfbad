/** @file Who answers: a checkpoint sampled here, or a model behind an endpoint. */
import type { FinishReason, Json, Prompt } from '../../records.ts';

/** Which of the samples is meant. */
export interface SampleKey {
  /** Index of the prompt. */
  readonly problem: number;
  /** 0 … k − 1. */
  readonly sample: number;
}

/** One sampled response. */
export interface Reply extends SampleKey {
  /** The whole response; a thought handed over apart is put between tags. */
  readonly text: string;
  /** What follows the thought; null where it never ended or nothing follows. */
  readonly answer: string | null;
  /** Whether it keeps the format its prompt asks for. */
  readonly formatted: boolean;
  readonly finish: FinishReason;
  /** Response tokens. */
  readonly length: number;
}

/** What is to be answered. */
export interface Assignment {
  readonly prompts: readonly Prompt[];
  /** Samples of each prompt. */
  readonly k: number;
  readonly seed: number;
  /** Whether a sample is there already, from an interrupted run. */
  has(key: SampleKey): boolean;
  /** Takes replies as they come; awaited before more are sampled in the same place. */
  deliver(replies: readonly Reply[]): Promise<void>;
  /** Aborted: what has been sampled is delivered, then `signal.reason` thrown. */
  readonly signal: AbortSignal;
}

/** Longest response of the paper's protocol, in tokens. */
export const PAPER_MAX_TOKENS = 32_768;

/** How responses are sampled. */
export interface Decoding {
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
}

/** A model that answers. */
export interface Respondent {
  /** Name in reports. */
  readonly name: string;
  /** Everything that decides its answers: another identity, another evaluation. */
  readonly identity: { readonly [key: string]: Json };
  readonly decoding: Decoding;
  /** Samples every response that is not there yet. The same assignment gives the same responses, where it can. */
  answer(assignment: Assignment): Promise<void>;
  /** A line about what it took, once it has answered; null where there is nothing to say. */
  readonly bill: string | null;
  close(): void;
}
