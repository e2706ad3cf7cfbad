/** @file A sequence: the tokens of one reply and its prompt, and where the model is in them. */
import { type BlockPool, ROOT, type RunId } from './block-pool.ts';
import type { Chosen, SamplingRow, TokenRule } from './choice.ts';

/** What decides over a sequence's next token and takes it: the reply as text. */
export interface Continuation {
  /** false while the reader lags behind: the sequence waits and keeps its place. */
  readonly ready: boolean;
  /** What the next token must or may be, given how many the context still holds. */
  constrain(tokensLeft: number): TokenRule;
  /** Takes the next token. false: the reply has ended with it. */
  accept(chosen: Chosen, tokensLeft: number): boolean;
  /** The prompt has been read; so many of its tokens came from the cache. */
  started(cachedTokens: number): void;
  /** The reply cannot go on. */
  failed(error: unknown): void;
}

export class Sequence {
  readonly promptLength: number;
  readonly sampling: SamplingRow;
  readonly continuation: Continuation;
  /** Not begun before this one has read its prompt, which is the same: its blocks are then there. */
  readonly after: Sequence | null;
  /** Prompt and reply. */
  readonly tokens: number[];
  /** Tokens whose keys and values are in `blocks`. */
  computed = 0;
  blocks: number[] = [];
  /** The reply has begun once. */
  started = false;
  #sealedBlocks = 0;
  #run: RunId = ROOT;

  constructor(
    prompt: ArrayLike<number>,
    sampling: SamplingRow,
    continuation: Continuation,
    after: Sequence | null = null,
  ) {
    this.tokens = Array.from(prompt);
    this.promptLength = prompt.length;
    this.sampling = sampling;
    this.continuation = continuation;
    this.after = after;
  }

  /** Tokens to be read before the next can be chosen; 1 in the middle of a reply. */
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

  /** Lets go of all blocks; what was computed has to be computed again. */
  release(pool: BlockPool): void {
    pool.release(this.blocks);
    this.blocks = [];
    this.computed = 0;
    this.#sealedBlocks = 0;
    this.#run = ROOT;
  }
}
