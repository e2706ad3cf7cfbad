/**
 * @file Blocks of the KV cache: who holds them, and which of them hold a known run of tokens (the prefix cache).
 *
 * As in vLLM (Kwon et al. 2023): a sequence holds whole blocks of `blockSize` tokens. A block that is full is sealed
 * under its tokens and the block before it, so that another sequence with the same beginning holds it too instead of
 * computing it again. Blocks nobody holds stay findable until their place is needed, the longest unused first.
 *
 * No tensors: a block is a number.
 */

/** What identifies a sealed run of blocks: the number of its last one, or ROOT before the first. Never used again. */
export type RunId = number;
export const ROOT: RunId = 0;

interface Sealed {
  readonly key: string;
  readonly run: RunId;
}

/** A beginning of a sequence that is in the cache. */
export interface CachedPrefix {
  /** Held by the caller from now on. */
  readonly blocks: readonly number[];
  readonly run: RunId;
}

export class BlockPool {
  readonly blockSize: number;
  /** Blocks there are. */
  readonly total: number;
  readonly #holders: Int32Array;
  readonly #empty: number[];
  /** Sealed blocks that nobody holds, in the order in which they are given up. */
  readonly #idle = new Set<number>();
  readonly #sealed = new Map<number, Sealed>();
  readonly #byKey = new Map<string, number>();
  #lastRun: RunId = ROOT;

  constructor(blocks: number, blockSize: number) {
    this.blockSize = blockSize;
    this.total = blocks;
    this.#holders = new Int32Array(blocks);
    this.#empty = Array.from({ length: this.total }, (_, i) => blocks - 1 - i);
  }

  /** Blocks that `take` can still give. */
  get available(): number {
    return this.#empty.length + this.#idle.size;
  }

  /** Blocks that sequences hold. */
  get held(): number {
    return this.total - this.available;
  }

  /** A block for new tokens; null when all are held. */
  take(): number | null {
    const block = this.#empty.pop() ?? this.#evict();
    if (block === null) return null;
    this.#holders[block] = 1;
    return block;
  }

  /** Moves a sequence from its block to one that nobody holds and that is not sealed. */
  move(from: number, to: number): void {
    const at = this.#empty.indexOf(to);
    if (at < 0 || this.#holders[from] !== 1) throw new Error(`block ${from} cannot move to ${to}`);
    this.#empty[at] = from;
    this.#holders[from] = 0;
    this.#holders[to] = 1;
  }

  /** Holds blocks for one more sequence. */
  share(blocks: readonly number[]): void {
    for (const block of blocks) this.#hold(block);
  }

  /** Finds the longest cached beginning of `tokens`, of at most `most` tokens, and holds its blocks. */
  match(tokens: ArrayLike<number>, most: number): CachedPrefix {
    const blocks: number[] = [];
    let run = ROOT;
    for (let start = 0; start + this.blockSize <= most; start += this.blockSize) {
      const block = this.#byKey.get(keyOf(run, tokens, start, this.blockSize));
      if (block === undefined) break;
      this.#hold(block);
      blocks.push(block);
      run = this.#sealed.get(block)!.run;
    }
    return { blocks, run };
  }

  /**
   * Makes a full block findable. Where another block holds the same run already, that one stays the findable one.
   *
   * @param before - the run the block follows
   * @param start - index in `tokens` of the block's first token
   * @returns the run that ends in this block
   */
  seal(block: number, before: RunId, tokens: ArrayLike<number>, start: number): RunId {
    const key = keyOf(before, tokens, start, this.blockSize);
    const known = this.#byKey.get(key);
    if (known !== undefined) return this.#sealed.get(known)!.run;
    const run = ++this.#lastRun;
    this.#byKey.set(key, block);
    this.#sealed.set(block, { key, run });
    return run;
  }

  /** Lets go of a sequence's blocks. */
  release(blocks: readonly number[]): void {
    // From the end: a run's later blocks are of no use without its earlier ones, so they are given up first.
    for (const block of blocks.toReversed()) {
      const holders = --this.#holders[block]!;
      if (holders < 0) throw new Error(`block ${block} was let go of more often than held`);
      if (holders > 0) continue;
      if (this.#sealed.has(block)) this.#idle.add(block);
      else this.#empty.push(block);
    }
  }

  /** Forgets the runs that nobody holds. @returns all blocks that nobody holds */
  forget(): readonly number[] {
    for (let block = this.#evict(); block !== null; block = this.#evict()) this.#empty.push(block);
    return this.#empty;
  }

  #hold(block: number): void {
    this.#holders[block]!++;
    this.#idle.delete(block);
  }

  #evict(): number | null {
    const oldest = this.#idle.values().next();
    if (oldest.done === true) return null;
    const block = oldest.value;
    this.#idle.delete(block);
    this.#byKey.delete(this.#sealed.get(block)!.key);
    this.#sealed.delete(block);
    return block;
  }
}

/** The tokens themselves and not a hash of them: two runs are never taken for one another. */
function keyOf(before: RunId, tokens: ArrayLike<number>, start: number, length: number): string {
  let key = `${before}:`;
  for (let i = start; i < start + length; i++) key += `${tokens[i]!},`;
  return key;
}
