/** @file Pieces: work that is done piece by piece, so that something else can happen in between, or all at once. */

/** Work of several pieces that gives a `T`. What it gives does not depend on when its pieces are done. */
export class Pieces<T> {
  readonly #work: Iterator<void, T>;
  #result: { readonly value: T } | null = null;

  /** @param work - begun with the first piece; yields after each */
  constructor(work: Iterator<void, T>) {
    this.#work = work;
  }

  /** Does the next piece; false where all are done. */
  next(): boolean {
    if (this.#result !== null) return false;
    const { done, value } = this.#work.next();
    if (done === true) this.#result = { value };
    return true;
  }

  /** Does what is left. */
  finish(): T {
    while (this.next());
    return this.#result!.value;
  }
}
