/** @file The events of one request on their way from the model's process to whoever reads them. */
import type { GenerationError, GenerationEvent, GenerationRequest } from '../backend.ts';
import { isMergeable, mergedDelta } from './merged-delta.ts';
import type { Pace } from './pace.ts';

/** What a stream tells the process it comes from. */
export interface StreamEnds {
  /** So many tokens and events have been taken. */
  taken(count: number): void;
  /** Nothing more will be read: all replies have ended, or not. */
  closed(isComplete: boolean): void;
}

/** Tokens told at a time. */
const TAKEN_STEP = 16;
const NEVER = Number.NEGATIVE_INFINITY;

/** An event that waits, and how much of what the model's process sent has become it. */
interface Waiting {
  event: GenerationEvent;
  weight: number;
}

/**
 * Events in order, waited for where none is there. Read by one reader. Deltas of a reply that are ready together become
 * one: those that a slow reader leaves lying, and under load those that arrive together or within 10 ms (see Pace).
 */
export class EventStream implements AsyncIterableIterator<GenerationEvent> {
  readonly request: GenerationRequest;
  readonly #ends: StreamEnds;
  readonly #pace: Pace | null;
  readonly #waiting: Waiting[] = [];
  #reader: {
    resolve: (result: IteratorResult<GenerationEvent>) => void;
    reject: (error: unknown) => void;
  } | null = null;
  #failure: GenerationError | null = null;
  #open: number;
  #closed = false;
  #untold = 0;
  /** When the oldest waiting event came, or the one before it was taken. */
  #waitingSince = 0;
  /** When a delta was last read, by the clock of `performance`. */
  #readAt = NEVER;
  #unlisten: () => void = () => {};

  /** @param pace - null hands every event over at once */
  constructor(request: GenerationRequest, ends: StreamEnds, pace: Pace | null = null) {
    this.request = request;
    this.#ends = ends;
    this.#pace = pace;
    this.#open = request.n;
  }

  /** Ends with the signal. */
  abortWith(signal: AbortSignal): void {
    const abort = (): void => void this.return();
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    this.#unlisten = () => signal.removeEventListener('abort', abort);
  }

  /** Since when the reader has left events lying; null where none waits for it. */
  get unreadSince(): number | null {
    return this.#waiting.length === 0 || this.#reader !== null ? null : this.#waitingSince;
  }

  /** @param weight - tokens and events of the model's process that have become this one */
  push(event: GenerationEvent, weight = 1): void {
    if (this.#closed) return;
    if (event.type === 'finish') this.#open--;
    if (!this.#merge(event, weight)) {
      if (this.#waiting.length === 0) this.#waitingSince = Date.now();
      this.#waiting.push({ event, weight });
    }
    if (this.#open === 0) this.#close(true);
    if (this.#reader !== null && !this.#holds()) this.release();
  }

  /** Adds a delta to the last event of its reply that waits, where that is one of the same kind. */
  #merge(event: GenerationEvent, weight: number): boolean {
    if (!isMergeable(event)) return false;
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const waiting = this.#waiting[at]!;
      if (!isMergeable(waiting.event)) return false;
      if (waiting.event.index !== event.index) continue;
      const merged = mergedDelta(waiting.event, event);
      if (merged === null) return false;
      waiting.event = merged;
      waiting.weight += weight;
      return true;
    }
    return false;
  }

  /** Whether what waits is to wait for more: it is nothing but deltas, none of them the first, and the server is busy. */
  #holds(): boolean {
    if (this.#pace === null || this.#closed || this.#readAt === NEVER) return false;
    return this.#waiting.every(({ event }) => isMergeable(event)) && this.#pace.holds(this, this.#readAt);
  }

  /** Gives a reader that waits the next event. */
  release(): void {
    if (this.#reader === null || this.#waiting.length === 0) return;
    const { resolve } = this.#reader;
    this.#reader = null;
    resolve({ done: false, value: this.#shift() });
  }

  #shift(): GenerationEvent {
    const { event, weight } = this.#waiting.shift()!;
    this.#waitingSince = Date.now();
    if (event.type === 'delta') this.#readAt = performance.now();
    this.count(weight);
    return event;
  }

  /** Tokens that have been taken, or need no event. */
  count(weight: number): void {
    this.#untold += weight;
    if (this.#untold < TAKEN_STEP || this.#closed) return;
    this.#ends.taken(this.#untold);
    this.#untold = 0;
  }

  /** The model's process has given the request up. What was pushed before is still read. */
  fail(error: GenerationError): void {
    this.#fail(error, true);
  }

  /** Ends a reply that is not read: the model stops, and the reader learns why once it reads again. */
  drop(error: GenerationError): void {
    this.#fail(error, false);
  }

  #fail(error: GenerationError, isComplete: boolean): void {
    if (this.#closed) return;
    this.#failure = error;
    this.#close(isComplete);
    this.release();
    this.#reader?.reject(error);
    this.#reader = null;
  }

  next(): Promise<IteratorResult<GenerationEvent>> {
    if (this.#waiting.length > 0 && !this.#holds()) {
      return Promise.resolve({ done: false, value: this.#shift() });
    }
    if (this.#waiting.length === 0) {
      if (this.#failure !== null) return Promise.reject(this.#failure);
      if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** The reader wants no more. */
  async return(): Promise<IteratorResult<GenerationEvent>> {
    this.#waiting.length = 0;
    this.#close(false);
    this.#reader?.resolve({ done: true, value: undefined });
    this.#reader = null;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #close(isComplete: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    this.#ends.closed(isComplete);
  }
}
