/**
 * @file Pace of events under load: a delta that comes within 10 ms of the last one its reader took may wait that long for
 * those after it, so that they share an event. What an event costs on its way to a socket is many times what a token costs.
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
  readonly #held = new Set<Paced>();
  #timer: NodeJS.Timeout | null = null;

  /** @param isBusy - whether deltas are to wait at all */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /**
   * Whether a reader's next delta waits; it is released then within 10 ms.
   * @param readAt - when the last one was taken, by the clock of `performance`
   */
  holds(paced: Paced, readAt: number): boolean {
    if (!this.#isBusy() || performance.now() - readAt >= SHARED_MS) return false;
    this.#held.add(paced);
    if (this.#timer === null) this.#timer = setTimeout(() => this.#release(), SHARED_MS);
    return true;
  }

  #release(): void {
    this.#timer = null;
    const held = [...this.#held];
    this.#held.clear();
    for (const one of held) one.release();
  }
}
