/** @file A sequence, one reply while it grows, and the prompt that it shares with the other replies to it. */
import type { Tensor } from '../../torch/index.ts';
import type { CachedTokens } from './cached-tokens.ts';
import type { Chosen, SamplingRow, TokenRule } from './choice.ts';

/** What decides over a sequence's next token and takes it. */
export interface Continuation {
  /** false while the reader lags behind: the sequence waits and keeps its place. */
  readonly ready: boolean;
  /** What the next token must or may be, given how many the context still holds. */
  constrain(tokensLeft: number): TokenRule;
  /** Takes the next token. false: the reply has ended with it. */
  accept(chosen: Chosen, tokensLeft: number): boolean;
  /** The reply has its place in the batch; so many tokens of its prompt come from the cache. */
  started(cachedTokens: number): void;
  /** The reply cannot go on. */
  failed(error: unknown): void;
}

/** A prompt of one or several sequences, which an engine reads once for all of them. */
export class Prompt {
  readonly tokens: Int32Array;
  /** In the cache, from when it is being read until its last sequence has begun. */
  cached: CachedTokens | null = null;
  /** Logits after its last token, [1, V], once it has been read. */
  logits: Tensor | null = null;
  /** Sequences that were added and have not begun. */
  open = 0;

  constructor(tokens: ArrayLike<number>) {
    this.tokens = Int32Array.from(tokens);
  }
}

export class Sequence {
  readonly prompt: Prompt;
  readonly sampling: SamplingRow;
  readonly continuation: Continuation;
  /** Prompt and reply, from the reply's first token on. */
  cached: CachedTokens | null = null;
  state: 'new' | 'waiting' | 'running' | 'gone' = 'new';
  /** It has had a place in the batch before. */
  started = false;

  constructor(prompt: Prompt, sampling: SamplingRow, continuation: Continuation) {
    this.prompt = prompt;
    this.sampling = sampling;
    this.continuation = continuation;
  }

  /** Tokens of prompt and reply so far. */
  get length(): number {
    return this.cached?.tokens.length ?? this.prompt.tokens.length;
  }
}
