/** @file A reply read from a model, event by event. */
import { type Backend, GenerationError, type GenerationEvent, type GenerationRequest } from '../backend.ts';

/** How a reply ended: by itself, at a limit, by the person, or because the model was lost. */
export type ReplyEnd = 'stop' | 'length' | 'stopped' | 'error';

/** A reply as far as it has come. */
export interface ChatReply {
  readonly model: string;
  readonly reasoning: string;
  readonly content: string;
  /** null while it grows. */
  readonly end: ReplyEnd | null;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** All tokens, those of the thought included. */
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** Seconds from the model's start to the end of the thought, so far; null without one. */
  readonly thoughtSeconds: number | null;
  /** Seconds since it was asked for. */
  readonly seconds: number;
}

/** New text, and the reply it belongs to. */
export type OnDelta = (
  delta: { readonly reasoning: string; readonly content: string },
  reply: ChatReply,
) => void;

export interface ReadOptions {
  readonly backend: Backend;
  readonly model: string;
  readonly request: GenerationRequest;
  /** Aborting it stops the reply, which is kept as far as it came. */
  readonly signal: AbortSignal;
  readonly onDelta: OnDelta;
  /** Seconds on a clock that only goes forward. */
  readonly clock: () => number;
}

/** A reply, and what broke it off. */
export interface ReadReply {
  readonly reply: ChatReply;
  readonly error: GenerationError | null;
}

/**
 * Asks a model and reads its reply to the end.
 * @throws GenerationError where there is no reply at all; one that breaks off is returned with the error
 */
export async function readReply(options: ReadOptions): Promise<ReadReply> {
  const { backend, model, request, signal, onDelta, clock } = options;
  const growing = new GrowingReply(model, clock);
  try {
    for await (const event of await backend.generate(model, request, signal)) {
      const delta = growing.take(event);
      if (delta !== null) onDelta(delta, growing.reply);
    }
  } catch (error) {
    if (!(error instanceof GenerationError) || !growing.hasText) throw error;
    return { reply: growing.ended('error'), error };
  }
  return { reply: growing.ended('stopped'), error: null };
}

class GrowingReply {
  readonly #clock: () => number;
  readonly #askedAt: number;
  #startedAt: number;
  #reply: ChatReply;

  constructor(model: string, clock: () => number) {
    this.#clock = clock;
    this.#askedAt = clock();
    this.#startedAt = this.#askedAt;
    this.#reply = {
      model,
      reasoning: '',
      content: '',
      end: null,
      promptTokens: 0,
      cachedTokens: 0,
      completionTokens: 0,
      reasoningTokens: 0,
      thoughtSeconds: null,
      seconds: 0,
    };
  }

  get reply(): ChatReply {
    return this.#reply;
  }

  get hasText(): boolean {
    return this.#reply.reasoning + this.#reply.content !== '';
  }

  /** Returns new text, where the event brings any. */
  take(event: GenerationEvent): { reasoning: string; content: string } | null {
    switch (event.type) {
      case 'start': {
        const { promptTokens, cachedTokens } = event;
        this.#startedAt = this.#clock();
        this.#change({ promptTokens, cachedTokens });
        return null;
      }
      case 'delta':
        return this.#grow(event);
      case 'finish': {
        const { reason, completionTokens, reasoningTokens } = event;
        this.#change({ end: reason, completionTokens, reasoningTokens });
        return null;
      }
      case 'prompt':
        return null;
    }
  }

  #grow(delta: Extract<GenerationEvent, { type: 'delta' }>) {
    const { reasoning, content } = delta;
    const ofThought = delta.reasoningLogprobs?.length ?? 0;
    const ofAnswer = delta.contentLogprobs?.length ?? 0;
    if (reasoning !== '') this.#change({ thoughtSeconds: this.#clock() - this.#startedAt });
    this.#change({
      reasoning: this.#reply.reasoning + reasoning,
      content: this.#reply.content + content,
      reasoningTokens: this.#reply.reasoningTokens + ofThought,
      completionTokens: this.#reply.completionTokens + ofThought + ofAnswer,
    });
    return { reasoning, content };
  }

  /** The reply with its end: the model's own, or this one where it told none. */
  ended(end: ReplyEnd): ChatReply {
    this.#change({ end: this.#reply.end ?? end });
    return this.#reply;
  }

  #change(change: Partial<ChatReply>): void {
    this.#reply = { ...this.#reply, ...change, seconds: this.#clock() - this.#askedAt };
  }
}
