/** @file Target of an evaluation: a checkpoint sampled here, or a model behind an endpoint. */
import type { Completion, Json, Prompt } from '../records.ts';

/**
 * How a draw is decoded and counted: `greedy` takes the most probable token throughout; `sampled` and `general` sample,
 * and general prompts have figures of their own.
 */
export type DrawKind = 'greedy' | 'sampled' | 'general';

/** Prompts that are answered alike. */
export interface Draw {
  readonly kind: DrawKind;
  readonly prompts: readonly Prompt[];
  /** Responses to each prompt. */
  readonly samples: number;
  /** A response ends where one of these texts begins; whoever grades it leaves them out. */
  readonly stops?: readonly string[];
  /** The likeliest of these texts, each one token, is the response. */
  readonly choices?: readonly string[];
}

/** One response of an evaluation. */
export interface SampleKey {
  /** Index of the draw. */
  readonly draw: number;
  /** Index of the prompt inside the draw. */
  readonly problem: number;
  /** 0 … samples − 1. */
  readonly sample: number;
}

/** One sampled response. */
export interface Reply extends SampleKey {
  readonly completion: Completion;
}

/** What is to be answered. */
export interface SampleRequest {
  readonly draws: readonly Draw[];
  readonly seed: number;
  /** Whether a response is there already, from an interrupted evaluation. */
  has(key: SampleKey): boolean;
  /** Takes replies of one draw; awaited before more are sampled in their place. */
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
export interface Target {
  /** Name in reports. */
  readonly name: string;
  /** Where it comes from, where that is more than a path: its name on the hub at a commit. */
  readonly source?: string;
  /** Everything that decides its answers: another identity, another evaluation. */
  readonly identity: { readonly [key: string]: Json };
  readonly decoding: Decoding;
  /** The format its prompts ask for, and the responses are measured by. */
  readonly format: 'r1Zero' | 'wellFormed';
  /** Samples every response that is not there yet. The same request gives the same responses, where it can. */
  answer(request: SampleRequest): Promise<void>;
  /** A line about what it took, once it has answered; null where there is nothing to say. */
  readonly bill: string | null;
  close(): void;
}

/** Keys of every response, draw after draw, prompt after prompt. */
export function keysOf(draws: readonly Draw[]): SampleKey[] {
  return draws.flatMap(({ prompts, samples }, draw) =>
    prompts.flatMap((_, problem) =>
      Array.from({ length: samples }, (__, sample) => ({ draw, problem, sample })),
    ),
  );
}
