/** @file At most so many at a time; the others wait their turn in the order they came. */

export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count - how many may run at once, at least 1 */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` when a slot is free. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
