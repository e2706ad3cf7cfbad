/**
 * @file A sequence, one reply while it grows: its prompt, its sampling settings, the rules for its next token and what was
 * chosen. The replies to one prompt share it.
 */

import type { Random } from '../../random.ts';
import type { Tensor } from '../../torch/index.ts';
import type { CachedTokens } from './cache.ts';

/** What decides over a sequence's next token and takes it. */
export interface Continuation {
  /** false while the reader lags behind: the sequence waits and keeps its place. */
  readonly ready: boolean;
  /** What the next token must or may be, given how many the context still holds. */
  constrain(tokensLeft: number): TokenRule;
  /** `constrain` says FREE whatever tokens come: the one after next can be computed before the next is taken. */
  readonly free?: boolean;
  /** Takes the next token. false: the reply has ended with it. */
  accept(chosen: Chosen, tokensLeft: number): boolean;
  /** The reply has its place in the batch; so many tokens of its prompt come from the cache. */
  started(cachedTokens: number): void;
  /** The prompt has been read. false: that was all; the sequence leaves without a token. Left out, it never is. */
  read?(): boolean;
  /** The reply cannot go on. */
  failed(error: unknown): void;
}

/** Takes what the model holds of a prompt's own tokens, while the prompt is read. */
export interface PromptScoring {
  /** Alternatives reported for each token. */
  readonly top: number;
  /** The next tokens, each with its log-probability after those before it. The prompt's first token has none and is left out. */
  take(tokens: readonly Chosen[]): void;
}

/** A prompt of one or several sequences, which an engine reads once for all of them. */
export class Prompt {
  readonly tokens: Int32Array;
  readonly scoring: PromptScoring | null;
  /** Tokens that need no score any more; a prompt that lost its blocks is read again, and told once. */
  scored: number;
  /** In the cache, from when it is being read until its last sequence has begun. */
  cached: CachedTokens | null = null;
  /** Logits after its last token, [1, V], once it has been read. */
  logits: Tensor | null = null;
  /** The state that gave them, [1, D]; kept where the engine speculates. */
  hidden: Tensor | null = null;
  /** Sequences that were added and have not begun. */
  open = 0;

  constructor(tokens: ArrayLike<number>, scoring: PromptScoring | null = null) {
    this.tokens = Int32Array.from(tokens);
    this.scoring = scoring;
    this.scored = scoring === null ? this.tokens.length : 1;
  }
}

export class Sequence {
  readonly prompt: Prompt;
  readonly sampling: SamplingRow;
  readonly demands: Demands;
  readonly continuation: Continuation;
  /** Of its next token. */
  rule: TokenRule = FREE;
  /** Prompt and reply, from the reply's first token on. */
  cached: CachedTokens | null = null;
  /** A draft of its next token, see Speculation. */
  draft: Draft | null = null;
  state: 'new' | 'waiting' | 'running' | 'gone' = 'new';
  /** It has had a place in the batch before. */
  started = false;

  constructor(prompt: Prompt, sampling: SamplingRow, continuation: Continuation) {
    this.prompt = prompt;
    this.sampling = sampling;
    this.demands = demandsOf(sampling);
    this.continuation = continuation;
  }

  /** Tokens of prompt and reply so far. */
  get length(): number {
    return this.cached?.tokens.length ?? this.prompt.tokens.length;
  }
}

/** How the tokens of one sequence are drawn. */
export interface SamplingRow {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Token → added to its logit. */
  readonly bias: ReadonlyMap<number, number>;
  /** How often the reply holds a token; counted only where a penalty or a bias is set. */
  readonly counts: Map<number, number>;
  /** Where its draws come from; null where the temperature is 0. */
  readonly random: Random | null;
  /**
   * What is reported of a token:
   * - `policy`: its log-probability at the sampling temperature, before top k and top p cut: what a trainer computes
   *   again from the same weights, so that their distance measures numerics alone
   * - a number: its log-probability by the model itself, and the most probable alternatives, so many of them
   * - null: nothing
   */
  readonly logprobs: 'policy' | number | null;
}

/** What the settings of a sequence ask of the chooser. */
export interface Demands {
  /** A penalty or a bias. */
  readonly adjusted: boolean;
  readonly greedy: boolean;
  /** Not greedy, and the tail is cut off. */
  readonly cut: boolean;
  /** The log-probability for training is reported. */
  readonly policy: boolean;
  /** Alternatives reported with the model's own log-probability; −1 where that is not reported. */
  readonly alternatives: number;
}

/** Below this temperature (vLLM's bound) a row is greedy: divided by less, logits overflow. */
const COLDEST = 1e-5;

export function demandsOf(sampling: SamplingRow): Demands {
  const { temperature, topP, topK, presencePenalty, frequencyPenalty, bias, logprobs } = sampling;
  const greedy = temperature < COLDEST;
  return {
    adjusted: presencePenalty !== 0 || frequencyPenalty !== 0 || bias.size > 0,
    greedy,
    cut: !greedy && (topK > 0 || topP < 1),
    policy: logprobs === 'policy',
    alternatives: typeof logprobs === 'number' ? logprobs : -1,
  };
}

/** The most probable token, and nothing reported: what is not named otherwise. */
export const PLAIN: Omit<SamplingRow, 'counts'> = {
  temperature: 0,
  topP: 1,
  topK: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  bias: new Map(),
  random: null,
  logprobs: null,
};

/** A token and, where asked for, its log-probability and the most probable ones instead. */
export interface Chosen {
  readonly token: number;
  readonly logprob: number | null;
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

/** A draft of a token. */
export interface Draft {
  readonly token: number;
  /** The distribution it was drawn from, [V]; null where it is the most probable one. */
  readonly probabilities: Tensor | null;
}

/** A set of tokens; the object itself identifies it. */
export interface TokenSet {
  readonly key: string;
  readonly ids: Int32Array;
}

/** Rules for one token; null leaves it free. */
export interface TokenRule {
  readonly forced: number | null;
  readonly allowed: TokenSet | null;
}

/** A token under no rule. */
export const FREE: TokenRule = { forced: null, allowed: null };
