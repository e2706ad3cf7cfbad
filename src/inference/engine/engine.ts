/**
 * @file The engine: continuous batching of sequences over one model and one cache.
 *
 * A step gives every running sequence one token and then reads prompts. Sequences join and leave between steps; those of
 * one prompt share its reading. Where blocks run out the sequence that came last gives its up and is read again later:
 * what it has said is kept. Nothing depends on the clock, so the same sequences in the same order give the same tokens.
 */
import { UsageError, UserError } from '../../errors.ts';
import type { BlockCopy, LanguageModel, ModelCache, Predictor } from '../../models/index.ts';
import { cat, noGrad, scope } from '../../torch/index.ts';
import { BlockPool } from './cache.ts';
import { type DecodingParts, decode } from './decoding.ts';
import { PromptReader, rowsOf } from './reading.ts';
import { Replies } from './replies.ts';
import { type Begun, forget, Roster } from './roster.ts';
import type { Prompt, Sequence } from './sequence.ts';
import { Speculation } from './speculation.ts';
import { StaticDecoding } from './static-decoding.ts';

export interface EngineOptions {
  /** Sequences that run at once. */
  readonly maxRows: number;
  /** Longest sequence in tokens. */
  readonly context: number;
  /**
   * Tokens of a cache block. If it is as long as the context, a sequence is one block, which attention reads in place. A model
   * with recurrent states always has such blocks.
   */
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
  /**
   * Static decoding steps, which CUDA records as graphs:
   * - `auto` (the default): on CUDA, where the model's cache has static passes
   * - true: everywhere where it has; on the CPU the same operators without a graph
   * - false: nowhere
   */
  readonly graphs?: 'auto' | boolean | undefined;
  /**
   * Speculative decoding by the model's predictor, see Speculation. It uses ordinary passes, no static steps. false unless
   * given.
   */
  readonly speculate?: boolean | undefined;
  /** Records the experts that tokens are sent to, see CachedTokens. It uses ordinary passes too. false unless given. */
  readonly recordExperts?: boolean | undefined;
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
  /** Passes that read prompts. */
  readonly promptPasses: number;
  /** CUDA graphs recorded. */
  readonly graphsRecorded: number;
  readonly preemptions: number;
}

export class Engine {
  readonly #options: EngineOptions;
  readonly #cache: ModelCache;
  readonly #roster: Roster;
  readonly #replies: Replies;
  readonly #reader: PromptReader;
  readonly #parts: DecodingParts;
  /** null where decoding is by ordinary passes. */
  #static: StaticDecoding | null;
  /** null where no token is drafted. */
  readonly #speculation: Speculation | null;
  #steps = 0;

  /** @throws UserError where the model's cache does not reach over the context, or it has no predictor to speculate with */
  constructor(model: LanguageModel, options: EngineOptions) {
    const { maxRows, context, cacheTokens, prefillTokens, favours, graphs = 'auto' } = options;
    const { speculate = false, recordExperts = false } = options;
    requireCached(model, context);
    const blockSize = blockSizeOf(model, options);
    const blocks = Math.ceil(Math.max(cacheTokens, context) / blockSize);
    const isOrdinary = speculate || recordExperts;
    const wanted = !isOrdinary && (graphs === 'auto' ? model.device.startsWith('cuda') : graphs);
    this.#options = options;
    this.#roster = new Roster(new BlockPool(blocks, blockSize), { maxRows, favours, recordExperts });
    // Static steps need one block more, into which rows write that are none.
    this.#cache = model.newCache({ blocks: wanted ? blocks + 1 : blocks, blockSize });
    this.#replies = new Replies(this.#roster, this.#cache, context, model.device);
    this.#parts = {
      model,
      cache: this.#cache,
      roster: this.#roster,
      replies: this.#replies,
      wholeBlocks: blockSize >= context,
    };
    const speculation = speculate ? new Speculation(this.#parts, predictorOf(model), context) : null;
    this.#speculation = speculation;
    this.#reader = new PromptReader(
      model,
      this.#cache,
      this.#roster,
      this.#replies,
      prefillTokens,
      speculation,
    );
    const recorded = wanted && this.#cache.staticPasses !== undefined;
    this.#static = recorded ? new StaticDecoding(this.#parts, { maxRows, context, scratch: blocks }) : null;
  }

  get stats(): EngineStats {
    const { running, waiting, pool, counts } = this.#roster;
    return {
      running: running.length,
      waiting: waiting.length,
      cacheBlocksUsed: pool.held,
      cacheBlocksTotal: pool.total,
      ...counts,
      generatedTokens: this.#replies.given,
      steps: this.#steps,
      promptPasses: this.#reader.passes,
      graphsRecorded: this.#static?.recorded ?? 0,
    };
  }

  /** Drafts that were checked, and those that were accepted; null where the engine does not speculate. */
  get speculation(): Speculation['counts'] | null {
    return this.#speculation?.counts ?? null;
  }

  /** How it decodes: by ordinary passes, or by static steps, of which so many are recorded as CUDA graphs. */
  get decoding(): 'ordinary' | { readonly graphs: number } {
    return this.#static === null ? 'ordinary' : { graphs: this.#static.graphs };
  }

  /**
   * Records the static steps that most requests take, so that the first of them need not wait for it. Before any sequence is
   * added; nothing where decoding is by ordinary passes.
   */
  warm(): void {
    noGrad(() => this.#static?.warm());
    this.#fallBack();
  }

  /** Queues a sequence, which fits the context with at least one token to spare. */
  add(sequence: Sequence): void {
    this.#roster.add(sequence);
  }

  /** Forgets what the cache holds of earlier sequences: it was computed by weights that have been replaced. */
  forget(): void {
    this.#roster.pool.forget();
  }

  /** Takes a sequence out, wherever it is. */
  cancel(sequence: Sequence): void {
    this.#roster.cancel(sequence);
  }

  /** Whether a step would do anything: false where nothing is there or all readers lag behind. */
  get busy(): boolean {
    const works = ({ cached, prompt, continuation }: Sequence): boolean =>
      continuation.ready || (cached === null ? prompt.logits === null : cached.pending > 1);
    if (this.#static?.pending === true || this.#roster.running.some(works)) return true;
    return this.#roster.hasRoom;
  }

  /**
   * Gives each running sequence a token, and reads prompts.
   * @returns false when there was nothing it could do until something leaves or is added
   */
  step(): boolean {
    return noGrad(() => {
      this.#roster.admit();
      let worked = this.#decode();
      do {
        if (!this.#reader.read()) break;
        worked = true;
      } while (this.#options.favours === 'throughput');
      if (this.#begin()) worked = true;
      this.#replies.trim();
      if (worked) this.#steps++;
      return worked;
    });
  }

  #decode(): boolean {
    if (this.#speculation !== null) return this.#speculation.decode();
    if (this.#static === null) return decode(this.#parts);
    const worked = this.#static.decode();
    this.#fallBack();
    return worked;
  }

  /** Goes on with ordinary passes where a graph could not be recorded. */
  #fallBack(): void {
    if (this.#static === null || this.#static.pending) return;
    const { failure } = this.#static;
    if (failure === null) return;
    this.#static.dispose();
    this.#static = null;
    process.emitWarning(`decoding goes on without CUDA graphs, which failed: ${failure.message}`);
  }

  /** Gives the sequences whose prompt has been read their first token. */
  #begin(): boolean {
    const ready = this.#roster.running.filter(
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
          this.#roster.leave(sequence);
          continue;
        }
        if (prompts.at(-1) !== prompt) prompts.push(prompt);
        const { tokens, copy } = this.#roster.takeUp(prompt);
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
      const hidden = this.#speculation && cat(prompts.map((prompt) => prompt.hidden!));
      for (const prompt of finished) forget(prompt);
      this.#replies.choose(begun, rowsOf(logits, rows));
      if (hidden !== null) this.#speculation!.begin(begun, rowsOf(hidden, rows));
      this.#roster.sendBackStranded();
    });
    return true;
  }

  /** Frees the cache; the model is the caller's. */
  dispose(): void {
    this.#roster.clear();
    this.#static?.dispose();
    this.#speculation?.dispose();
    this.#cache.dispose();
    this.#replies.dispose();
  }
}

function predictorOf({ predictors, config }: LanguageModel): Predictor {
  const [predictor] = predictors ?? [];
  if (predictor !== undefined) return predictor;
  throw new UsageError(
    `speculative decoding: the ${config.modelType} model has no layer that predicts the token after the next`,
    'Use a checkpoint of deepseek_v3 with num_nextn_predict_layers 1, or decode without speculation.',
  );
}

/**
 * A recurrent state cannot be rewound. Where a row is one block, no prefix of it is ever shared: replies to one prompt copy the
 * whole block.
 */
function blockSizeOf({ stateBytesPerRow = 0 }: LanguageModel, { blockSize, context }: EngineOptions): number {
  return stateBytesPerRow > 0 ? Math.max(blockSize, context) : blockSize;
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
