/** @file Back-pressure: a reader takes events one at a time, and may give up a wait and resume it. */

/** No event came in time. */
export const WAITING = Symbol('waiting');

/** Who waits for the next event. */
interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T> | typeof WAITING) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One timer and one listener of the signal serve all waits of a reader: an event is waited for a hundred times a second by
 * each of many readers.
 */
export class PatientReader<T> {
  readonly #source: Promise<AsyncIterator<T>>;
  readonly #signal: AbortSignal;
  /** The source once it has started. */
  #iterator: AsyncIterator<T> | null = null;
  #pending: Promise<IteratorResult<T>> | null = null;
  #waiter: Waiter<T> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #patienceMs = 0;

  /** @param signal - aborted when nobody wants the events any more */
  constructor(source: Promise<AsyncIterator<T>>, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
    // Who waits learns of a failure from next().
    source.catch(() => undefined);
    if (signal.aborted) this.stop();
    else signal.addEventListener('abort', () => this.#abort(), { once: true });
  }

  /**
   * The next event; after WAITING the same event is still to come.
   * @throws what the source throws, and the signal's reason once aborted
   */
  next(patienceMs: number): Promise<IteratorResult<T> | typeof WAITING> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason as Error);
    this.#pending ??= this.#ask();
    const pending = this.#pending;
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#wind(patienceMs);
      const arrived = (result: IteratorResult<T>): void => {
        this.#waiter = null;
        this.#pending = null;
        if (result.done === true) this.#unwind();
        resolve(result);
      };
      const failed = (error: Error): void => {
        this.#waiter = null;
        this.#unwind();
        reject(error);
      };
      pending.then(arrived, failed);
    });
  }

  #ask(): Promise<IteratorResult<T>> {
    if (this.#iterator !== null) return this.#iterator.next();
    return this.#source.then((iterator) => {
      this.#iterator = iterator;
      return iterator.next();
    });
  }

  /** Ends the source. One that is waiting for its next event may answer late; nobody waits for it. */
  stop(): void {
    this.#unwind();
    this.#source.then((source) => source.return?.()).catch(() => undefined);
  }

  #abort(): void {
    this.stop();
    this.#waiter?.reject(this.#signal.reason as Error);
    this.#waiter = null;
  }

  /** The time begins anew. Where nobody waits when it has passed, it has passed for nobody. */
  #wind(patienceMs: number): void {
    if (this.#timer !== null && this.#patienceMs === patienceMs) {
      this.#timer.refresh();
      return;
    }
    this.#unwind();
    this.#patienceMs = patienceMs;
    this.#timer = setTimeout(() => this.#waiter?.resolve(WAITING), patienceMs);
  }

  #unwind(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** The promise's value, WAITING after so many milliseconds, or the signal's reason at once when it is aborted. */
export function inTime<T>(
  promise: Promise<T>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<T | typeof WAITING> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      settle();
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      settle();
      resolve(WAITING);
    }, patienceMs);
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(settle);
  });
}
