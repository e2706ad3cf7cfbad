/** @file Pieces: work that is done piece by piece, so that something else can happen in between, or all at once. */

/** Work of several pieces that gives a `T`. What it gives does not depend on when its pieces are done. */
export class Pieces<T> {
  readonly #work: Iterator<void, () => T>;
  #end: (() => T) | null = null;
  #result: { readonly value: T } | null = null;

  /**
   * @param work - begun with the first piece; yields after each. What it returns makes the result when that is asked for:
   *   ranks get further with their pieces than one another, but ask for the result at the same point
   */
  constructor(work: Iterator<void, () => T>) {
    this.#work = work;
  }

  /** Does the next piece; false where all are done. */
  next(): boolean {
    if (this.#end !== null) return false;
    const { done, value } = this.#work.next();
    if (done === true) this.#end = value;
    return true;
  }

  /** Does what is left. */
  finish(): T {
    while (this.next());
    this.#result ??= { value: this.#end!() };
    return this.#result.value;
  }
}
