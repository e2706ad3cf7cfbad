/** @file LRU cache: beyond a bound, the entries used longest ago are dropped. */

export class RecentlyUsed<V> {
  readonly #kept = new Map<string, V>();
  readonly #most: number;
  readonly #sizeOf: (value: V) => number;
  #size = 0;

  /**
   * @param most - the bound on the sizes together; what was asked for last stays whatever its size
   * @param sizeOf - of one, which never changes; 1 unless told otherwise
   */
  constructor(most: number, sizeOf: (value: V) => number = () => 1) {
    this.#most = most;
    this.#sizeOf = sizeOf;
  }

  /** What is kept, if it is; counts as asked for. */
  find(key: string): V | undefined {
    const known = this.#kept.get(key);
    if (known === undefined) return undefined;
    // Youngest last.
    this.#kept.delete(key);
    this.#kept.set(key, known);
    return known;
  }

  get(key: string, make: () => V): V {
    const known = this.#kept.get(key);
    const value = known ?? make();
    if (known === undefined) this.#size += this.#sizeOf(value);
    // Youngest last.
    this.#kept.delete(key);
    this.#kept.set(key, value);
    for (const [oldest, old] of this.#kept) {
      if (this.#size <= this.#most || oldest === key) break;
      this.#kept.delete(oldest);
      this.#size -= this.#sizeOf(old);
    }
    return value;
  }
}
