/** @file Back-pressure: a reader takes events one at a time, and may give up a wait and resume it. */

/** No event came in time. */
export const WAITING = Symbol('waiting');

export class PatientReader<T> {
  readonly #source: Promise<AsyncIterator<T>>;
  readonly #signal: AbortSignal;
  #pending: Promise<IteratorResult<T>> | null = null;

  /** @param signal - aborted when nobody wants the events any more */
  constructor(source: Promise<AsyncIterator<T>>, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
    // Who waits learns of a failure from next().
    source.catch(() => undefined);
    if (signal.aborted) this.stop();
    else signal.addEventListener('abort', () => this.stop(), { once: true });
  }

  /**
   * The next event; after WAITING the same event is still to come.
   * @throws what the source throws, and the signal's reason once aborted
   */
  async next(patienceMs: number): Promise<IteratorResult<T> | typeof WAITING> {
    this.#signal.throwIfAborted();
    if (this.#pending === null) {
      this.#pending = this.#source.then((source) => source.next());
      this.#pending.catch(() => undefined);
    }
    const result = await inTime(this.#pending, patienceMs, this.#signal);
    if (result !== WAITING) this.#pending = null;
    return result;
  }

  /** Ends the source. One that is waiting for its next event may answer late; nobody waits for it. */
  stop(): void {
    this.#source.then((source) => source.return?.()).catch(() => undefined);
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
