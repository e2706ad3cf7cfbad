/**
 * @file Pace of events under load: a delta that comes within 10 ms of the last one its reader took may wait that long for
 * those after it, so that they share an event. What an event costs on its way to a socket is many times what a token costs.
 *
 * Any other delta waits until all that has arrived has been read: a server that lags behind finds several tokens of a reply
 * there, and sends them as one event. So it lags no further.
 */

/** Longest wait. */
export const SHARED_MS = 10;
/** Replies at once from which deltas wait; fewer leave the server idle anyway. */
export const BUSY_REPLIES = 8;

/** What may be told to wait. */
export interface Paced {
  /** Enough has been waited for. */
  release(): void;
}

export class Pace {
  readonly #isBusy: () => boolean;
  /** Those that wait for the timer, and for what has arrived to be read. */
  readonly #held = new Set<Paced>();
  readonly #due = new Set<Paced>();

  /** @param isBusy - whether deltas are to wait at all */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /**
   * Whether a reader's next delta waits; it is released then within 10 ms.
   * @param readAt - when the last one was taken, by the clock of `performance`
   */
  holds(paced: Paced, readAt: number): boolean {
    if (!this.#isBusy()) return false;
    if (performance.now() - readAt < SHARED_MS) {
      if (this.#held.size === 0) setTimeout(() => releaseAll(this.#held), SHARED_MS);
      this.#held.add(paced);
    } else {
      if (this.#due.size === 0) setImmediate(() => releaseAll(this.#due));
      this.#due.add(paced);
    }
    return true;
  }
}

function releaseAll(waiting: Set<Paced>): void {
  const released = [...waiting];
  waiting.clear();
  for (const one of released) one.release();
}
