/** @file Flow control: counts of events that readers have taken, sent to the model's process for all requests at once. */

/** Longest pause before it is told: well within the window that a reply may be ahead of its reader. */
const PAUSE_MS = 5;

export class TakenCounts {
  readonly #tell: (counts: Int32Array) => void;
  #counts = new Map<number, number>();
  #timer: NodeJS.Timeout | null = null;

  /** @param tell - is given pairs of numbers: a request, and how much of it */
  constructor(tell: (counts: Int32Array) => void) {
    this.#tell = tell;
  }

  add(request: number, count: number): void {
    this.#counts.set(request, (this.#counts.get(request) ?? 0) + count);
    if (this.#timer === null) this.#timer = setTimeout(() => this.#flush(), PAUSE_MS);
  }

  #flush(): void {
    this.#timer = null;
    const counts = Int32Array.from([...this.#counts].flat());
    this.#counts = new Map();
    this.#tell(counts);
  }
}
