/** @file The events of one request on their way from the model's process to whoever reads them. */
import type { GenerationError, GenerationEvent, GenerationRequest } from '../backend.ts';

/** What a stream tells the process it comes from. */
export interface StreamEnds {
  /** So many events have been read. */
  taken(events: number): void;
  /** Nothing more will be read: all replies have ended, or not. */
  closed(isComplete: boolean): void;
}

/** Reads told at a time. */
const TAKEN_STEP = 16;

/** Events in order, waited for where none is there. Read by one reader. */
export class EventStream implements AsyncIterableIterator<GenerationEvent> {
  readonly request: GenerationRequest;
  readonly #ends: StreamEnds;
  readonly #waiting: GenerationEvent[] = [];
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
  #unlisten: () => void = () => {};

  constructor(request: GenerationRequest, ends: StreamEnds) {
    this.request = request;
    this.#ends = ends;
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
    return this.#waiting.length === 0 ? null : this.#waitingSince;
  }

  push(event: GenerationEvent): void {
    if (this.#closed) return;
    if (event.type === 'finish') this.#open--;
    if (this.#reader === null) {
      if (this.#waiting.length === 0) this.#waitingSince = Date.now();
      this.#waiting.push(event);
    } else {
      const { resolve } = this.#reader;
      this.#reader = null;
      this.#count();
      resolve({ done: false, value: event });
    }
    if (this.#open === 0) this.#close(true);
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
    this.#reader?.reject(error);
    this.#reader = null;
  }

  async next(): Promise<IteratorResult<GenerationEvent>> {
    const event = this.#waiting.shift();
    if (event !== undefined) {
      this.#waitingSince = Date.now();
      this.#count();
      return { done: false, value: event };
    }
    if (this.#failure !== null) throw this.#failure;
    if (this.#closed) return { done: true, value: undefined };
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

  #count(): void {
    this.#untold++;
    if (this.#untold < TAKEN_STEP || this.#closed) return;
    this.#ends.taken(this.#untold);
    this.#untold = 0;
  }

  #close(isComplete: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    this.#ends.closed(isComplete);
  }
}
