/**
 * @file The engine: continuous batching of sequences over one model and one pool of cache blocks.
 *
 * A step reads prompts (a bounded number of tokens, so that those who already stream are not held up) and then gives
 * every running sequence one token. Sequences join and leave between steps. Where blocks run out the sequence that
 * came last gives its up and is read again later: what it has said is kept.
 */
import type { BlockCache, LanguageModel } from '../../models/index.ts';
import { indices, noGrad, scope } from '../../torch/index.ts';
import { BlockPool } from './block-pool.ts';
import type { Chosen, TokenRule } from './choice.ts';
import { forward, type Reading } from './forward.ts';
import { chooseRows } from './sampling.ts';
import type { Sequence } from './sequence.ts';
import { TokenMasks } from './token-masks.ts';

export interface EngineOptions {
  /** Sequences that run at once. */
  readonly maxRows: number;
  /** Longest sequence in tokens. */
  readonly context: number;
  /** Tokens of a cache block. */
  readonly blockSize: number;
  /** Tokens the cache holds, all sequences together; at least one context fits. */
  readonly cacheTokens: number;
  /** Prompt tokens that one step reads at most. */
  readonly prefillTokens: number;
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

const FREE: TokenRule = { forced: null, allowed: null };

export class Engine {
  readonly #model: LanguageModel;
  readonly #options: EngineOptions;
  readonly #pool: BlockPool;
  readonly #cache: BlockCache;
  readonly #masks: TokenMasks;
  #waiting: Sequence[] = [];
  /** In the order in which they were admitted. */
  #running: Sequence[] = [];
  readonly #counts = { promptTokens: 0, cachedTokens: 0, generatedTokens: 0, steps: 0, preemptions: 0 };

  constructor(model: LanguageModel, options: EngineOptions) {
    const { context, blockSize, cacheTokens } = options;
    const blocks = 1 + Math.ceil(Math.max(cacheTokens, context) / blockSize);
    this.#model = model;
    this.#options = options;
    this.#pool = new BlockPool(blocks, blockSize);
    this.#cache = model.newBlockCache({ blocks, blockSize, capacity: context });
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
    this.#waiting.push(sequence);
  }

  /** Takes a sequence out, wherever it is. */
  cancel(sequence: Sequence): void {
    this.#waiting = this.#waiting.filter((other) => other !== sequence);
    if (this.#running.includes(sequence)) this.#leave(sequence);
  }

  /** Whether a step would do anything: false where nothing is there or all readers lag behind. */
  get busy(): boolean {
    if (this.#running.some(({ pending, continuation }) => pending > 1 || continuation.ready)) return true;
    return (
      this.#waiting.length > 0 && this.#running.length < this.#options.maxRows && this.#pool.available > 0
    );
  }

  /**
   * Reads prompts and gives each running sequence a token.
   * @returns false when there was nothing it could do until something leaves or is added
   */
  step(): boolean {
    return noGrad(() => {
      this.#admit();
      const prompts = this.#promptReadings();
      if (prompts.length > 0) this.#advance(prompts);
      const read = new Set(prompts.map(({ sequence }) => sequence));
      const next = this.#running.filter(
        (sequence) => !read.has(sequence) && sequence.pending === 1 && sequence.continuation.ready,
      );
      const readings = this.#reserve(next.map((sequence) => ({ sequence, tokens: 1 })));
      if (readings.length > 0) this.#advance(readings);
      this.#masks.trim();
      const worked = prompts.length + readings.length > 0;
      if (worked) this.#counts.steps++;
      return worked;
    });
  }

  #admit(): void {
    while (this.#running.length < this.#options.maxRows) {
      const sequence = this.#waiting.find((waiting) => this.#mayBegin(waiting));
      if (sequence === undefined) return;
      sequence.reuse(this.#pool);
      if (!sequence.reserve(this.#pool, sequence.tokens.length)) {
        // Those who run come first: what they leave is waited for.
        sequence.release(this.#pool);
        return;
      }
      this.#waiting = this.#waiting.filter((other) => other !== sequence);
      this.#running.push(sequence);
      if (sequence.started) continue;
      sequence.started = true;
      this.#counts.promptTokens += sequence.promptLength;
      this.#counts.cachedTokens += sequence.computed;
      sequence.continuation.started(sequence.computed);
    }
  }

  /** A further reply to a prompt waits until the first has read it. */
  #mayBegin({ after }: Sequence): boolean {
    if (after === null || after.computed >= after.promptLength) return true;
    return !this.#running.includes(after) && !this.#waiting.includes(after);
  }

  /** Which prompts this step reads, and how far: rows × longest, padding counted, stays within the bound. */
  #promptReadings(): Reading[] {
    const { prefillTokens } = this.#options;
    const readings: Reading[] = [];
    let longest = 0;
    for (const sequence of this.#running) {
      if (sequence.pending <= 1) continue;
      const tokens = Math.min(sequence.pending, prefillTokens);
      longest = Math.max(longest, tokens);
      if (readings.length > 0 && (readings.length + 1) * longest > prefillTokens) break;
      readings.push({ sequence, tokens });
    }
    return readings;
  }

  /** Finds a block for each reading; the sequences admitted last give up theirs where there are none. */
  #reserve(readings: readonly Reading[]): Reading[] {
    const served: Reading[] = [];
    for (const reading of readings) {
      const { sequence, tokens } = reading;
      if (!this.#running.includes(sequence)) continue;
      while (!sequence.reserve(this.#pool, sequence.computed + tokens)) {
        const last = this.#running.at(-1)!;
        this.#preempt(last);
        if (last === sequence) break;
      }
      if (this.#running.includes(sequence)) served.push(reading);
    }
    return served;
  }

  #preempt(sequence: Sequence): void {
    this.#leave(sequence);
    this.#waiting.unshift(sequence);
    this.#counts.preemptions++;
  }

  /** One pass; sequences that have then read all their tokens get the next one. */
  #advance(readings: readonly Reading[]): void {
    const done = [...readings.entries()].filter(([, { sequence, tokens }]) => tokens === sequence.pending);
    const chosen = scope(() => {
      const logits = forward(this.#model, this.#cache, readings);
      for (const { sequence, tokens } of readings) sequence.advance(this.#pool, tokens);
      if (done.length === 0) return [];
      const rows = indices(
        done.map(([row]) => row),
        undefined,
        this.#model.device,
      );
      const wanted = done.length === readings.length ? logits : logits.indexSelect(0, rows);
      const choices = done.map(([, { sequence }]) => ({
        sampling: sequence.sampling,
        rule:
          this.#guard(sequence, () => sequence.continuation.constrain(this.#tokensLeft(sequence))) ?? FREE,
      }));
      return chooseRows(wanted, choices, this.#masks);
    });
    for (const [i, [, { sequence }]] of done.entries()) this.#accept(sequence, chosen[i]!);
    // What is masked still counts as 0 × its value: blocks left with NaN in them would ruin those who get them next.
    if (chosen.includes(null)) this.#cache.clear(this.#pool.forget());
  }

  #accept(sequence: Sequence, chosen: Chosen | null): void {
    const { continuation, sampling, tokens } = sequence;
    // It may have been taken out since it was read: by the failure of another reply to the same prompt.
    if (!this.#running.includes(sequence)) return;
    if (chosen === null) {
      this.#fail(sequence, notFinite());
      return;
    }
    tokens.push(chosen.token);
    this.#counts.generatedTokens++;
    if (sampling.presencePenalty !== 0 || sampling.frequencyPenalty !== 0) {
      sampling.counts.set(chosen.token, (sampling.counts.get(chosen.token) ?? 0) + 1);
    }
    const goesOn = this.#guard(sequence, () => continuation.accept(chosen, this.#tokensLeft(sequence)));
    if (goesOn === false) this.#leave(sequence);
  }

  /** What goes wrong with one reply ends that reply alone; null then. */
  #guard<T>(sequence: Sequence, fn: () => T): T | null {
    try {
      return fn();
    } catch (error) {
      this.#fail(sequence, error);
      return null;
    }
  }

  #fail(sequence: Sequence, error: unknown): void {
    this.#leave(sequence);
    sequence.continuation.failed(error);
  }

  #tokensLeft({ tokens }: Sequence): number {
    return this.#options.context - tokens.length;
  }

  #leave(sequence: Sequence): void {
    this.#running = this.#running.filter((other) => other !== sequence);
    sequence.release(this.#pool);
  }

  /** Frees the cache; the model is the caller's. */
  dispose(): void {
    for (const sequence of this.#running) this.#leave(sequence);
    this.#waiting = [];
    this.#cache.dispose();
    this.#masks.dispose();
  }
}

/** For the log: no fault of who asked. */
function notFinite(): Error {
  return new Error(
    'the model gives logits that are not finite: its weights are damaged or diverged, serve an earlier checkpoint',
  );
}
