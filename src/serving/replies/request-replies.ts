/** @file The replies of one request as text: what the model's process tells of it becomes events. */
import type { Tokenizer } from '../../text/index.ts';
import type { GenerationEvent, GenerationRequest } from '../backend.ts';
import type { ScoredToken, TokenNames } from './logprobs.ts';
import type { ReadingSettings } from './reading.ts';
import { Reply, type TokenEnd } from './reply.ts';
import { TokenReply } from './token-reply.ts';

/** A request has its place in the batch. Its replies read alike. */
export interface RequestStart {
  readonly promptTokens: number;
  /** Of these, read from the prefix cache. */
  readonly cachedTokens: number;
  readonly reading: ReadingSettings;
  /** Of the weights that answer it. */
  readonly weightVersion: string;
}

/** Where the events of a request go. */
export interface EventSink {
  /** @param weight - how much of what the model's process told has become the event */
  push(event: GenerationEvent, weight: number): void;
  /** So much has become no event. */
  count(weight: number): void;
}

export class RequestReplies {
  readonly #request: GenerationRequest;
  readonly #tokenizer: Tokenizer;
  readonly #names: TokenNames;
  readonly #sink: EventSink;
  #replies: readonly (Reply | TokenReply)[] = [];
  /** Of what is being told: the first event takes it. */
  #weight = 0;

  constructor(request: GenerationRequest, tokenizer: Tokenizer, names: TokenNames, sink: EventSink) {
    this.#request = request;
    this.#tokenizer = tokenizer;
    this.#names = names;
    this.#sink = sink;
  }

  start({ promptTokens, cachedTokens, reading, weightVersion }: RequestStart): void {
    const { n, stop, topLogprobs, rollout } = this.#request;
    const shared = {
      tokenizer: this.#tokenizer,
      names: this.#names,
      reading,
      stop,
      wantsLogprobs: topLogprobs !== null,
    };
    const emit = (event: GenerationEvent): void => {
      this.#sink.push(event, this.#weight);
      this.#weight = 0;
    };
    const { tokenizer } = shared;
    this.#replies = Array.from({ length: n }, (_, index) =>
      rollout === undefined
        ? new Reply({ ...shared, index }, emit)
        : new TokenReply({ index, tokenizer, weightVersion }, emit),
    );
    this.#sink.push({ type: 'start', promptTokens, cachedTokens }, 1);
  }

  /**
   * The next token of a reply, or null where it ends without one.
   * @returns whether the reply ends with it though its model would go on: a stop string was met
   */
  take(index: number, scored: ScoredToken | null, end: TokenEnd): boolean {
    const reply = this.#replies[index]!;
    this.#weight = 1;
    // Tokens that were chosen before the model learned of a stop string are nothing to anybody.
    const wasOpen = !reply.ended;
    if (wasOpen && scored === null) reply.finish('length');
    else if (wasOpen && scored !== null) reply.take(scored, end);
    if (this.#weight > 0) this.#sink.count(this.#weight);
    return wasOpen && reply.ended && end === 'goes on';
  }
}
