/**
 * @file The engine: continuous batching of sequences over one model and one cache.
 *
 * A step gives every running sequence one token and then reads prompts. Sequences join and leave between steps; those of
 * one prompt share its reading. Where blocks run out the sequence that came last gives its up and is read again later:
 * what it has said is kept. Nothing depends on the clock, so the same sequences in the same order give the same tokens.
 */
import { UserError } from '../../errors.ts';
import type { BlockCopy, LanguageModel, ModelCache } from '../../models/index.ts';
import { cat, dispose, indices, keep, noGrad, scope, type Tensor } from '../../torch/index.ts';
import { BlockPool, CachedTokens, forward, type Reading } from './cache.ts';
import { chooseRows } from './choose.ts';
import { scoreTokens } from './logprobs.ts';
import type { Prompt, Sequence } from './sequence.ts';
import { type Chosen, FREE, type TokenRule } from './sequence.ts';
import { TokenMasks } from './token-masks.ts';

export interface EngineOptions {
  /** Sequences that run at once. */
  readonly maxRows: number;
  /** Longest sequence in tokens. */
  readonly context: number;
  /** Tokens of a cache block. As long as the context, a sequence is one block, which attention reads in place. */
  readonly blockSize: number;
  /** Tokens the cache holds, all sequences together; at least one context fits. */
  readonly cacheTokens: number;
  /** Prompt tokens that one pass reads at most. */
  readonly prefillTokens: number;
  /**
   * - `latency`: places are filled as they get free, and prompts are read a pass at a time between the tokens of those
   *   who run
   * - `throughput`: an eighth of the places is filled at once, and all their prompts are read before any goes on
   */
  readonly favours: 'latency' | 'throughput';
}

/** Counters since the start, and what is now. */
export interface EngineStats {
  readonly running: number;
  readonly waiting: number;
  readonly cacheBlocksUsed: number;
  readonly cacheBlocksTotal: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly generatedTokens: number;
  readonly steps: number;
  readonly preemptions: number;
}

/** A sequence in the batch whose reply has begun. */
type Begun = Sequence & { cached: CachedTokens };

export class Engine {
  readonly #model: LanguageModel;
  readonly #options: EngineOptions;
  readonly #pool: BlockPool;
  readonly #cache: ModelCache;
  readonly #masks: TokenMasks;
  #waiting: Sequence[] = [];
  /** In the order in which they were admitted. */
  #running: Sequence[] = [];
  /** Prompts in the cache. */
  readonly #prompts = new Set<Prompt>();
  readonly #counts = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0, steps: 0, preemptions: 0 };

  /** @throws UserError where the model's cache does not reach over the context */
  constructor(model: LanguageModel, options: EngineOptions) {
    const { context, blockSize, cacheTokens } = options;
    requireCached(model, context);
    const blocks = Math.ceil(Math.max(cacheTokens, context) / blockSize);
    this.#model = model;
    this.#options = options;
    this.#pool = new BlockPool(blocks, blockSize);
    this.#cache = model.newCache({ blocks, blockSize });
    this.#masks = new TokenMasks(model.device);
  }

  get stats(): EngineStats {
    return {
      running: this.#running.length,
      waiting: this.#waiting.length,
      cacheBlocksUsed: this.#pool.held,
      cacheBlocksTotal: this.#pool.total,
      ...this.#counts,
    };
  }

  /** Queues a sequence, which fits the context with at least one token to spare. */
  add(sequence: Sequence): void {
    sequence.prompt.open++;
    sequence.state = 'waiting';
    this.#waiting.push(sequence);
  }

  /** Takes a sequence out, wherever it is. */
  cancel(sequence: Sequence): void {
    if (sequence.state === 'waiting') this.#waiting = this.#waiting.filter((other) => other !== sequence);
    else if (sequence.state !== 'running') return;
    this.#leave(sequence);
  }

  /** Whether a step would do anything: false where nothing is there or all readers lag behind. */
  get busy(): boolean {
    const works = ({ cached, prompt, continuation }: Sequence): boolean =>
      continuation.ready || (cached === null ? prompt.logits === null : cached.pending > 1);
    if (this.#running.some(works)) return true;
    return (
      this.#waiting.length > 0 && this.#running.length < this.#options.maxRows && this.#pool.available > 0
    );
  }

  /**
   * Gives each running sequence a token, and reads prompts.
   * @returns false when there was nothing it could do until something leaves or is added
   */
  step(): boolean {
    return noGrad(() => {
      this.#admit();
      let worked = this.#decode();
      do {
        if (!this.#read()) break;
        worked = true;
      } while (this.#options.favours === 'throughput');
      if (this.#begin()) worked = true;
      this.#masks.trim();
      if (worked) this.#counts.steps++;
      return worked;
    });
  }

  #admit(): void {
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
    if (sequence.cached !== null) return this.#hold(sequence.cached);
    let known = prompt.tokens.length;
    if (prompt.cached === null) {
      const cached = new CachedTokens(prompt.tokens);
      if (!this.#hold(cached, prompt.scored === prompt.tokens.length)) return false;
      known = cached.computed;
      prompt.cached = cached;
      this.#prompts.add(prompt);
    }
    if (sequence.started) return true;
    sequence.started = true;
    this.#counts.promptTokens += prompt.tokens.length;
    this.#counts.cachedTokens += known;
    sequence.continuation.started(known);
    return true;
  }

  /** @param reuse - false reads all of it: what the prefix cache knows has no states to score tokens by */
  #hold(cached: CachedTokens, reuse = true): boolean {
    if (reuse) cached.reuse(this.#pool);
    do {
      if (cached.reserve(this.#pool, cached.tokens.length)) return true;
    } while (this.#dropIdlePrompt());
    // Those who run come first: what they leave is waited for.
    cached.release(this.#pool);
    return false;
  }

  /** Reads on in prompts, and in sequences that lost their blocks; false where there is nothing to be read. */
  #read(): boolean {
    const owners = new Map<CachedTokens, Sequence | Prompt>();
    for (const sequence of this.#running) {
      const { cached, prompt } = sequence;
      if (cached === null) owners.set(prompt.cached!, prompt);
      else if (cached.pending > 1) owners.set(cached, sequence);
    }
    const readings = this.#portion([...owners.keys()].filter(({ pending }) => pending > 0));
    if (readings.length === 0) return false;
    const done = readings.filter(({ cached, tokens }) => tokens === cached.pending);
    const broken: Prompt[] = [];
    scope(() => {
      const score = (hidden: Tensor) => void broken.push(...this.#score(hidden, readings, owners));
      const logits = this.#advance(readings, done, score);
      const begun: Begun[] = [];
      const rows: number[] = [];
      for (const [row, { cached }] of done.entries()) {
        const owner = owners.get(cached)!;
        if ('logits' in owner) owner.logits = keep(logits.narrow(0, row, 1).clone());
        else {
          begun.push(owner as Begun);
          rows.push(row);
        }
      }
      if (begun.length > 0) this.#choose(begun, rowsOf(logits, rows));
    });
    for (const prompt of broken) this.#failAll(prompt);
    return true;
  }

  /** How far this pass reads: rows × longest, padding counted, stays within the bound. */
  #portion(pending: readonly CachedTokens[]): Reading[] {
    const { prefillTokens } = this.#options;
    const readings: Reading[] = [];
    let longest = 0;
    for (const cached of pending) {
      const tokens = Math.min(cached.pending, prefillTokens);
      longest = Math.max(longest, tokens);
      if (readings.length > 0 && (readings.length + 1) * longest > prefillTokens) break;
      readings.push({ cached, tokens });
    }
    return readings;
  }

  /**
   * Tells the scores of the prompts that ask for them.
   * @param hidden - states of a pass, [B, T, D]
   * @returns prompts of which the model says nothing finite
   */
  #score(
    hidden: Tensor,
    readings: readonly Reading[],
    owners: ReadonlyMap<CachedTokens, Sequence | Prompt>,
  ): Prompt[] {
    const broken: Prompt[] = [];
    for (const [row, { cached, tokens }] of readings.entries()) {
      const prompt = owners.get(cached)!;
      if (!('scoring' in prompt) || prompt.scoring === null) continue;
      const [from, start] = [prompt.scored, cached.computed];
      const end = Math.min(start + tokens + 1, prompt.tokens.length);
      if (end <= from) continue;
      // The state of a token scores the one after it.
      const states = hidden.select(0, row).narrow(0, from - 1 - start, end - from);
      const scores = scoreTokens(this.#model, states, prompt.tokens.slice(from, end), prompt.scoring.top);
      prompt.scored = end;
      if (scores.every(({ logprob }) => !Number.isNaN(logprob))) prompt.scoring.take(scores);
      else broken.push(prompt);
    }
    return broken;
  }

  #failAll(prompt: Prompt): void {
    const sequences = [...this.#running, ...this.#waiting];
    for (const one of sequences.filter((sequence) => sequence.prompt === prompt)) {
      this.cancel(one);
      one.continuation.failed(new NotFinite());
    }
  }

  /**
   * One pass; the logits after those readings that are `wanted`.
   * @param seen - called with the states of all that was read, before the cache counts it
   */
  #advance(
    readings: readonly Reading[],
    wanted: readonly Reading[],
    seen: (hidden: Tensor) => void = () => {},
  ): Tensor {
    const rows = wanted === readings ? null : wanted.map((reading) => readings.indexOf(reading));
    const logits = forward(this.#model, this.#cache, readings, rows, seen);
    for (const { cached, tokens } of readings) cached.advance(this.#pool, tokens);
    return logits;
  }

  /** Gives the sequences whose prompt has been read their first token. */
  #begin(): boolean {
    const ready = this.#running.filter(
      ({ cached, prompt, continuation }) => cached === null && prompt.logits !== null && continuation.ready,
    );
    if (ready.length === 0) return false;
    scope(() => {
      const prompts: Prompt[] = [];
      const rows: number[] = [];
      const begun: Begun[] = [];
      const copies: BlockCopy[] = [];
      const finished: Prompt[] = [];
      for (const sequence of ready) {
        const { prompt } = sequence;
        if (prompt.cached === null) continue;
        if (sequence.continuation.read?.() === false) {
          this.#leave(sequence);
          continue;
        }
        if (prompts.at(-1) !== prompt) prompts.push(prompt);
        const { tokens, copy } = this.#takeUp(prompt);
        if (copy !== null) copies.push(copy);
        sequence.cached = tokens;
        begun.push(sequence as Begun);
        rows.push(prompts.length - 1);
        if (prompt.cached === null) finished.push(prompt);
      }
      if (begun.length === 0) return;
      this.#cache.copy(copies);
      const logits = cat(
        prompts.map((prompt) => prompt.logits!),
        0,
      );
      for (const prompt of finished) forget(prompt);
      this.#choose(begun, rowsOf(logits, rows));
      this.#sendBackStranded();
    });
    return true;
  }

  /** Those whose prompt another has taken, for want of any other block, wait until it can be read again. */
  #sendBackStranded(): void {
    const stranded = this.#running.filter(({ cached, prompt }) => cached === null && prompt.cached === null);
    for (const sequence of stranded.reverse()) this.#sendBack(sequence);
  }

  /** What the cache has of a prompt, for a sequence to go on from: a fork of it, or for the last one the thing itself. */
  #takeUp(prompt: Prompt): { readonly tokens: CachedTokens; readonly copy: BlockCopy | null } {
    const { cached } = prompt;
    prompt.open--;
    const fork = prompt.open > 0 ? cached!.fork(this.#pool) : null;
    if (fork !== null) return fork;
    prompt.cached = null;
    this.#prompts.delete(prompt);
    return { tokens: cached!, copy: null };
  }

  /** Gives every sequence that has begun its next token. */
  #decode(): boolean {
    const next = this.#running.filter(
      (sequence): sequence is Begun => sequence.cached?.pending === 1 && sequence.continuation.ready,
    );
    const served = this.#reserve(next);
    if (served.length === 0) return false;
    if (this.#options.blockSize >= this.#options.context) this.#arrange(served);
    const readings = served.map(({ cached }) => ({ cached, tokens: 1 }));
    scope(() => this.#choose(served, this.#advance(readings, readings)));
    return true;
  }

  /** Finds a block for each next token; the sequences admitted last give up theirs where there are none. */
  #reserve(sequences: readonly Begun[]): Begun[] {
    for (const sequence of sequences) {
      const { cached } = sequence;
      while (sequence.state === 'running' && !cached.reserve(this.#pool, cached.tokens.length)) {
        if (!this.#dropIdlePrompt()) this.#preempt(this.#running.at(-1)!);
      }
    }
    return sequences.filter(({ state }) => state === 'running');
  }

  /** Makes the blocks of sequences of one block each follow one another from block 0 on, and sorts them by it. */
  #arrange(sequences: Begun[]): void {
    const count = sequences.length;
    const isOutside = ({ cached }: Begun): boolean => cached.blocks[0]! >= count;
    if (sequences.some(isOutside)) this.#moveInto(sequences.filter(isOutside), sequences);
    sequences.sort((a, b) => a.cached.blocks[0]! - b.cached.blocks[0]!);
  }

  /** Moves sequences that lie behind the others into the first blocks that none of them holds. */
  #moveInto(outside: Begun[], sequences: readonly Begun[]): void {
    const holders = new Map<number, CachedTokens>();
    for (const { cached } of [...this.#prompts, ...this.#running]) {
      if (cached !== null) holders.set(cached.blocks[0]!, cached);
    }
    const own = new Set<CachedTokens>(sequences.map(({ cached }) => cached));
    const copies: BlockCopy[] = [];
    for (let block = 0; outside.length > 0; block++) {
      const holder = holders.get(block);
      if (holder !== undefined && own.has(holder)) continue;
      const moved = outside.pop()!.cached;
      const from = moved.blocks[0]!;
      copies.push({ from, to: block, tokens: moved.computed });
      if (holder === undefined) this.#pool.move(from, block);
      else {
        copies.push({ from: block, to: from, tokens: holder.computed });
        holder.blocks[0] = from;
      }
      moved.blocks[0] = block;
    }
    this.#cache.copy(copies);
  }

  #preempt(sequence: Sequence): void {
    sequence.cached?.release(this.#pool);
    this.#sendBack(sequence);
    this.#counts.preemptions++;
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
    prompt.cached?.release(this.#pool);
    prompt.cached = null;
    this.#prompts.delete(prompt);
    forget(prompt);
  }

  /** Gives each of the sequences a token by its row of the logits. */
  #choose(sequences: readonly Begun[], logits: Tensor): void {
    for (const sequence of sequences) sequence.rule = this.#constrain(sequence);
    const chosen = chooseRows(logits, sequences, this.#masks);
    for (let i = 0; i < sequences.length; i++) this.#accept(sequences[i]!, chosen[i]!);
    // What is masked still counts as 0 × its value: blocks left with NaN in them would ruin those who get them next.
    if (chosen.includes(null)) this.#cache.clear(this.#pool.forget());
  }

  #accept(sequence: Begun, chosen: Chosen | null): void {
    const { continuation, sampling, demands, cached } = sequence;
    // It may have been taken out since it was read: by the failure of another reply to the same prompt.
    if (sequence.state !== 'running') return;
    if (chosen === null) {
      this.#fail(sequence, new NotFinite());
      return;
    }
    cached.tokens.push(chosen.token);
    this.#counts.generatedTokens++;
    if (demands.adjusted) {
      sampling.counts.set(chosen.token, (sampling.counts.get(chosen.token) ?? 0) + 1);
    }
    // What goes wrong with one reply ends that reply alone, here as in its rules.
    try {
      if (!continuation.accept(chosen, this.#tokensLeft(sequence))) this.#leave(sequence);
    } catch (error) {
      this.#fail(sequence, error);
    }
  }

  #constrain(sequence: Sequence): TokenRule {
    try {
      return sequence.continuation.constrain(this.#tokensLeft(sequence));
    } catch (error) {
      this.#fail(sequence, error);
      return FREE;
    }
  }

  #fail(sequence: Sequence, error: unknown): void {
    this.#leave(sequence);
    sequence.continuation.failed(error);
  }

  #tokensLeft({ length }: Sequence): number {
    return this.#options.context - length;
  }

  #leave(sequence: Sequence): void {
    if (sequence.state === 'gone') return;
    sequence.state = 'gone';
    this.#running = this.#running.filter((other) => other !== sequence);
    sequence.cached?.release(this.#pool);
    const { prompt } = sequence;
    // One that has begun was counted out then.
    if (sequence.cached === null && --prompt.open === 0) this.#drop(prompt);
  }

  /** Frees the cache; the model is the caller's. */
  dispose(): void {
    for (const sequence of [...this.#running, ...this.#waiting]) this.#leave(sequence);
    this.#waiting = [];
    this.#cache.dispose();
    this.#masks.dispose();
  }
}

/** A model whose logits are NaN or infinite: no fault of who asked. */
export class NotFinite extends Error {
  constructor() {
    super('the model gives logits that are not finite: its weights are damaged or diverged');
  }
}

/** Keys in a cache stay as they were written; see `steadyLength` of the rotary positions. */
function requireCached({ config }: LanguageModel, context: number): void {
  const { cachedPositions = Infinity } = config;
  if (context <= cachedPositions) return;
  throw new UserError(
    `sequences of ${context} tokens cannot be sampled: beyond ${cachedPositions} the model's rope_scaling depends on their length`,
    `sample at most ${cachedPositions} tokens, prompt included, or use a model with the scaling yarn, llama3 or linear`,
  );
}

/** Some rows of [R, V], also several times. */
function rowsOf(logits: Tensor, rows: readonly number[]): Tensor {
  if (rows.length === logits.size(0) && rows.every((row, i) => row === i)) return logits;
  return logits.indexSelect(0, indices(rows, undefined, logits.device));
}

function forget(prompt: Prompt): void {
  dispose(prompt.logits);
  prompt.logits = null;
}
