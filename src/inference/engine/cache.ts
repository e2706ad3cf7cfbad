/**
 * @file The KV cache: blocks and who holds them, the tokens of a sequence in them, and a pass of the model over them.
 *
 * As in vLLM (Kwon et al. 2023): a sequence holds whole blocks of `blockSize` tokens. A block that is full is sealed
 * under its tokens and the block before it, so that another sequence with the same beginning holds it too instead of
 * computing it again (the prefix cache). Blocks nobody holds stay findable until their place is needed, the longest
 * unused first. To the pool a block is a number; tensors enter in `forward` alone.
 */

import { type BlockCopy, type LanguageModel, type ModelCache, Routing } from '../../models/index.ts';
import { indices, scope, type Tensor } from '../../torch/index.ts';
import { type ExpertRecord, recordChoices } from './expert-record.ts';

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

export class CachedTokens {
  readonly tokens: number[];
  /** Tokens whose keys and values are in `blocks`. */
  computed = 0;
  /** Where routers sent the tokens; null where that is not recorded. */
  experts: ExpertRecord | null = null;
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
    forked.experts = this.experts?.copy() ?? null;
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

/** Tokens of a row, and how many of the pending ones this pass reads. Its blocks hold room for them. */
export interface Reading {
  readonly cached: CachedTokens;
  readonly tokens: number;
}

/**
 * Reads tokens of B rows at once; rows that read fewer than the longest are padded behind.
 *
 * @param wanted - rows whose logits are asked for, in order; null for all
 * @param seen - called with the states of all tokens, [B, longest, D]
 * @returns logits after the last token that each wanted row read, float32 [wanted, V]
 */
export function forward(
  model: LanguageModel,
  cache: ModelCache,
  readings: readonly Reading[],
  wanted: readonly number[] | null,
  seen: (hidden: Tensor) => void = () => {},
): Tensor {
  const longest = Math.max(...readings.map(({ tokens }) => tokens));
  return scope(() => {
    const hidden = statesOf(model, cache, readings);
    seen(hidden);
    if (longest === 1 && wanted === null) return model.logits(hidden.select(1, 0));
    const asked = wanted ?? [...readings.keys()];
    const last = asked.map((row) => row * longest + readings[row]!.tokens - 1);
    return model.logits(hidden.flatten(0, 1).indexSelect(0, indices(last, undefined, model.device)));
  });
}

/** The states of the tokens that a pass reads, [B, longest, D]. */
export function statesOf(model: LanguageModel, cache: ModelCache, readings: readonly Reading[]): Tensor {
  const longest = Math.max(...readings.map(({ tokens }) => tokens));
  const tokens = new Int32Array(readings.length * longest);
  for (const [row, { cached, tokens: count }] of readings.entries()) {
    for (let t = 0; t < count; t++) tokens[row * longest + t] = cached.tokens[cached.computed + t]!;
  }
  const rows = readings.map(({ cached, tokens: count }) => ({
    blocks: cached.blocks,
    start: cached.computed,
    tokens: count,
  }));
  const recorded = readings.some(({ cached }) => cached.experts !== null);
  const routing = recorded ? new Routing({ record: true }) : undefined;
  const hidden = scope(() =>
    model.hidden({
      tokens: indices(tokens, [rows.length, longest], model.device),
      cache: cache.pass(rows),
      routing,
    }),
  );
  if (routing !== undefined) {
    const records = rows.map((row, i) => ({ ...row, record: readings[i]!.cached.experts }));
    recordChoices(routing, records, longest);
  }
  return hidden;
}
