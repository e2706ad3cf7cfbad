/**
 * @file Roster: the sequences that wait and those in the batch, and the cache blocks they hold.
 *
 * It knows blocks by number and no tensor. Where blocks run out the sequence that came last gives its up and is read again
 * later: what it has said is kept.
 */
import type { BlockCopy } from '../../models/index.ts';
import { dispose } from '../../torch/index.ts';
import { type BlockPool, CachedTokens } from './cache.ts';
import { ExpertRecord } from './expert-record.ts';
import type { Prompt, Sequence } from './sequence.ts';

/** A sequence in the batch whose reply has begun. */
export type Begun = Sequence & { cached: CachedTokens };

export interface RosterOptions {
  /** Sequences that run at once. */
  readonly maxRows: number;
  /** See EngineOptions. */
  readonly favours: 'latency' | 'throughput';
  readonly recordExperts: boolean;
}

export class Roster {
  readonly pool: BlockPool;
  readonly #options: RosterOptions;
  #waiting: Sequence[] = [];
  /** In the order in which they were admitted. */
  #running: Sequence[] = [];
  /** Prompts in the cache. */
  readonly #prompts = new Set<Prompt>();
  readonly counts = { promptTokens: 0, cachedTokens: 0, preemptions: 0 };

  constructor(pool: BlockPool, options: RosterOptions) {
    this.pool = pool;
    this.#options = options;
  }

  get running(): readonly Sequence[] {
    return this.#running;
  }

  get waiting(): readonly Sequence[] {
    return this.#waiting;
  }

  /** Whether a sequence that waits might get a place now. */
  get hasRoom(): boolean {
    return (
      this.#waiting.length > 0 && this.#running.length < this.#options.maxRows && this.pool.available > 0
    );
  }

  /** Who holds which block, where each holds one. */
  holders(): Map<number, CachedTokens> {
    const holders = new Map<number, CachedTokens>();
    for (const { cached } of [...this.#prompts, ...this.#running]) {
      if (cached !== null) holders.set(cached.blocks[0]!, cached);
    }
    return holders;
  }

  add(sequence: Sequence): void {
    sequence.prompt.open++;
    sequence.state = 'waiting';
    this.#waiting.push(sequence);
  }

  cancel(sequence: Sequence): void {
    if (sequence.state === 'waiting') this.#waiting = this.#waiting.filter((other) => other !== sequence);
    else if (sequence.state !== 'running') return;
    this.leave(sequence);
  }

  /** Gives free places to those who wait, as many at once as the options say. */
  admit(): void {
    const { maxRows, favours } = this.#options;
    const free = maxRows - this.#running.length;
    const lot = favours === 'throughput' ? Math.min(Math.ceil(maxRows / 8), this.#waiting.length) : 1;
    if (this.#running.length > 0 && free < lot) return;
    while (this.#running.length < maxRows) {
      const [sequence] = this.#waiting;
      if (sequence === undefined || !this.#makeRoom(sequence)) return;
      this.#waiting.shift();
      this.#running.push(sequence);
      sequence.state = 'running';
    }
  }

  /** Finds what a sequence needs in the cache before it can be read; false where that has to be waited for. */
  #makeRoom(sequence: Sequence): boolean {
    const { prompt } = sequence;
    if (sequence.cached !== null) return this.#hold(sequence.cached, sequence.cached.experts === null);
    let known = prompt.tokens.length;
    if (prompt.cached === null) {
      const cached = new CachedTokens(prompt.tokens);
      if (this.#options.recordExperts) cached.experts = new ExpertRecord();
      if (!this.#hold(cached, prompt.scored === prompt.tokens.length && cached.experts === null))
        return false;
      known = cached.computed;
      prompt.cached = cached;
      this.#prompts.add(prompt);
    }
    if (sequence.started) return true;
    sequence.started = true;
    this.counts.promptTokens += prompt.tokens.length;
    this.counts.cachedTokens += known;
    sequence.continuation.started(known);
    return true;
  }

  /** @param reuse - false reads all of it: what the prefix cache knows has no states to score tokens by, and no experts */
  #hold(cached: CachedTokens, reuse = true): boolean {
    if (reuse) cached.reuse(this.pool);
    do {
      if (cached.reserve(this.pool, cached.tokens.length)) return true;
    } while (this.#dropIdlePrompt());
    // Those who run come first: what they leave is waited for.
    cached.release(this.pool);
    return false;
  }

  /** Finds a block for each next token; the sequences admitted last give up theirs where there are none. */
  reserve(sequences: readonly Begun[]): Begun[] {
    for (const sequence of sequences) {
      const { cached } = sequence;
      while (sequence.state === 'running' && !cached.reserve(this.pool, cached.tokens.length)) {
        if (!this.#dropIdlePrompt()) this.#preempt(this.#running.at(-1)!);
      }
    }
    return sequences.filter(({ state }) => state === 'running');
  }

  /** What the cache has of a prompt, for a sequence to go on from: a fork of it, or for the last one the thing itself. */
  takeUp(prompt: Prompt): { readonly tokens: CachedTokens; readonly copy: BlockCopy | null } {
    const { cached } = prompt;
    prompt.open--;
    const fork = prompt.open > 0 ? cached!.fork(this.pool) : null;
    if (fork !== null) return fork;
    prompt.cached = null;
    this.#prompts.delete(prompt);
    return { tokens: cached!, copy: null };
  }

  /** Those whose prompt another has taken, for want of any other block, wait until it can be read again. */
  sendBackStranded(): void {
    const stranded = this.#running.filter(({ cached, prompt }) => cached === null && prompt.cached === null);
    for (const sequence of stranded.reverse()) this.#sendBack(sequence);
  }

  #preempt(sequence: Sequence): void {
    sequence.cached?.release(this.pool);
    this.#sendBack(sequence);
    this.counts.preemptions++;
  }

  #sendBack(sequence: Sequence): void {
    this.#running = this.#running.filter((other) => other !== sequence);
    this.#waiting.unshift(sequence);
    sequence.state = 'waiting';
  }

  /** Gives up the blocks of a prompt that no sequence in the batch waits for; false where there is none. */
  #dropIdlePrompt(): boolean {
    for (const prompt of this.#prompts) {
      if (this.#running.some((other) => other.prompt === prompt && other.cached === null)) continue;
      this.#drop(prompt);
      return true;
    }
    return false;
  }

  #drop(prompt: Prompt): void {
    prompt.cached?.release(this.pool);
    prompt.cached = null;
    this.#prompts.delete(prompt);
    forget(prompt);
  }

  /** Takes a sequence out of the batch, or of those who wait no more. */
  leave(sequence: Sequence): void {
    if (sequence.state === 'gone') return;
    sequence.state = 'gone';
    this.#running = this.#running.filter((other) => other !== sequence);
    sequence.cached?.release(this.pool);
    const { prompt } = sequence;
    // One that has begun was counted out then.
    if (sequence.cached === null && --prompt.open === 0) this.#drop(prompt);
  }

  /** Takes all out. */
  clear(): void {
    for (const sequence of [...this.#running, ...this.#waiting]) this.leave(sequence);
    this.#waiting = [];
  }
}

/** Frees what was kept of a prompt whose last sequence has begun. */
export function forget(prompt: Prompt): void {
  dispose([prompt.logits, prompt.hidden]);
  prompt.logits = null;
  prompt.hidden = null;
}
