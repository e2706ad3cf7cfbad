/** @file One reply of a rollout while it grows: its tokens and their log-probabilities, told whole with its finish. */
import type { Tokenizer } from '../../text/index.ts';
import type { GenerationEvent, StopReason } from '../backend.ts';
import type { ScoredToken } from './logprobs.ts';
import { reasonOf, type TokenEnd } from './reply.ts';

export interface TokenReplyOptions {
  readonly index: number;
  readonly tokenizer: Tokenizer;
  readonly weightVersion: string;
}

/** The tokens of one reply, the one that ended it included. */
export class TokenReply {
  readonly #options: TokenReplyOptions;
  readonly #emit: (event: GenerationEvent) => void;
  readonly #tokens: number[] = [];
  readonly #logprobs: number[] = [];
  #ended = false;

  constructor(options: TokenReplyOptions, emit: (event: GenerationEvent) => void) {
    this.#options = options;
    this.#emit = emit;
  }

  /** Nothing more is counted, whatever tokens come. */
  get ended(): boolean {
    return this.#ended;
  }

  take({ token, logprob }: ScoredToken, end: TokenEnd): void {
    this.#tokens.push(token);
    this.#logprobs.push(logprob!);
    const reason = reasonOf(end);
    if (reason !== null) this.finish(reason);
  }

  /** Ends the reply. */
  finish(reason: StopReason): void {
    const { index, tokenizer, weightVersion } = this.#options;
    this.#ended = true;
    this.#emit({
      type: 'finish',
      index,
      reason,
      reasoningTokens: 0,
      completionTokens: this.#tokens.length,
      thought: false,
      rollout: {
        tokens: this.#tokens,
        logprobs: this.#logprobs,
        text: tokenizer.decode(this.#tokens, { skipSpecial: true }),
        weightVersion,
      },
    });
  }
}
