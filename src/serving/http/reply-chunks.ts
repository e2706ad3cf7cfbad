/** @file Chunks of a streamed reply, of chats and of texts: server-sent events with the reply's head, usage at the end. */
import type { ReplyHead } from './reply-head.ts';
import type { UsageMeter } from './usage.ts';

/** What ends a stream. */
export const DONE = 'data: [DONE]\n\n';

/** A server-sent event with JSON as its data. */
export function dataEvent(body: object): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

export interface ReplyChunksOptions {
  readonly head: ReplyHead;
  readonly n: number;
  /** The usage has a chunk of its own instead of a place on the last one. */
  readonly usageChunk: boolean;
  readonly meter: UsageMeter;
}

export class ReplyChunks {
  readonly #options: ReplyChunksOptions;
  readonly #unfinished: Set<number>;

  constructor(options: ReplyChunksOptions) {
    this.#options = options;
    this.#unfinished = new Set(Array.from({ length: options.n }, (_, index) => index));
  }

  /** A chunk of one choice. */
  choice(choice: object): string {
    return this.#send([choice], null);
  }

  /** A reply's last chunk; the usage goes with that of the reply that ends last. */
  last(index: number, choice: object): string {
    this.#unfinished.delete(index);
    const { meter, usageChunk } = this.#options;
    const done = this.#unfinished.size === 0;
    const usage = done ? meter.usage : null;
    const last = this.#send([choice], usageChunk ? null : usage);
    return done && usageChunk ? last + this.#send([], usage) : last;
  }

  /** The last chunks of the replies that have not ended. */
  lastOfAll(last: (index: number) => string): string {
    return [...this.#unfinished].map(last).join('');
  }

  #send(choices: readonly object[], usage: object | null): string {
    return dataEvent({ ...this.#options.head, choices, usage });
  }
}
