/** @file Tokens whose keys and values are in the cache, or are to be: of a prompt, or of a prompt and the reply to it. */
import type { BlockCopy } from '../../models/index.ts';
import { type BlockPool, ROOT, type RunId } from './block-pool.ts';

export class CachedTokens {
  readonly tokens: number[];
  /** Tokens whose keys and values are in `blocks`. */
  computed = 0;
  blocks: number[] = [];
  #sealedBlocks = 0;
  #run: RunId = ROOT;

  constructor(tokens: ArrayLike<number>) {
    this.tokens = Array.from(tokens);
  }

  /** Tokens to be read yet. */
  get pending(): number {
    return this.tokens.length - this.computed;
  }

  /** Holds what the cache has of its beginning; at least one token is left to be read. */
  reuse(pool: BlockPool): void {
    const { blocks, run } = pool.match(this.tokens, this.tokens.length - 1);
    this.blocks = [...blocks];
    this.#run = run;
    this.#sealedBlocks = blocks.length;
    this.computed = blocks.length * pool.blockSize;
  }

  /** Holds blocks for its first `length` tokens; false where the pool has too few, and then takes none of them. */
  reserve(pool: BlockPool, length: number): boolean {
    const missing = Math.ceil(length / pool.blockSize) - this.blocks.length;
    // Before any is taken: taking empties blocks that hold cached beginnings.
    if (missing > pool.available) return false;
    for (let i = 0; i < missing; i++) this.blocks.push(pool.take()!);
    return true;
  }

  /** So many more tokens have been computed: makes the blocks they fill findable. */
  advance(pool: BlockPool, tokens: number): void {
    this.computed += tokens;
    for (; (this.#sealedBlocks + 1) * pool.blockSize <= this.computed; this.#sealedBlocks++) {
      const start = this.#sealedBlocks * pool.blockSize;
      this.#run = pool.seal(this.blocks[this.#sealedBlocks]!, this.#run, this.tokens, start);
    }
  }

  /**
   * The same tokens, to go on from another way: full blocks are held by both, one that is half full is copied.
   * @returns the tokens, and the copy to be made before either goes on; null where the pool has no block for it
   */
  fork(pool: BlockPool): { readonly tokens: CachedTokens; readonly copy: BlockCopy | null } | null {
    const full = this.blocks.slice(0, Math.floor(this.computed / pool.blockSize));
    const rest = this.computed % pool.blockSize;
    const block = rest === 0 ? null : pool.take();
    if (rest > 0 && block === null) return null;
    pool.share(full);
    const forked = new CachedTokens(this.tokens);
    forked.computed = this.computed;
    forked.#sealedBlocks = this.#sealedBlocks;
    forked.#run = this.#run;
    forked.blocks = block === null ? full : [...full, block];
    const copy = block === null ? null : { from: this.blocks[full.length]!, to: block, tokens: rest };
    return { tokens: forked, copy };
  }

  /** Lets go of all blocks; what was computed has to be computed again. */
  release(pool: BlockPool): void {
    pool.release(this.blocks);
    this.blocks = [];
    this.computed = 0;
    this.#sealedBlocks = 0;
    this.#run = ROOT;
  }
}
