/**
 * @file A binary heap of token pairs: the most frequent first, of equals the pair with the lower ids.
 *
 * Entries are never changed in place: a pair whose count has changed is pushed again, and the reader drops what is
 * out of date.
 */

/** A pair as it stood when it was pushed. */
export interface Candidate {
  readonly count: number;
  /** Orders pairs by left id, then right id. */
  readonly key: number;
}

function before(a: Candidate, b: Candidate): boolean {
  return a.count === b.count ? a.key < b.key : a.count > b.count;
}

export class PairHeap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the first pair out; undefined when there is none. */
  pop(): Candidate | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++;
      if (!before(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
