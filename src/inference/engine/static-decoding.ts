/**
 * @file Decoding by static steps: as `decode`, in CUDA graphs where the device has them.
 *
 * Where no row's next token depends on what its reader says of the last, a step is begun before the tokens of the one before
 * it are read, so that the device never waits for the host. A row that turns out to have ended computes a token in vain.
 */
import { scope } from '../../torch/index.ts';
import { arrange } from './arrange.ts';
import { cutOf, NONE } from './choose.ts';
import { type DecodingParts, isDue } from './decoding.ts';
import { uniformOf } from './inverse.ts';
import type { Begun } from './roster.ts';
import { type Chosen, FREE, type Sequence } from './sequence.ts';
import { type Choice, type Drawn, StaticStep, type StepRow } from './static-step.ts';

/** A step whose tokens have not been read. */
interface Flight {
  readonly sequences: readonly Begun[];
  readonly wait: () => Drawn;
}

export interface StaticDecodingOptions {
  readonly maxRows: number;
  readonly context: number;
  /** A block of the cache beyond those of the pool. */
  readonly scratch: number;
}

export class StaticDecoding {
  readonly #parts: DecodingParts;
  readonly #context: number;
  readonly #step: StaticStep;
  readonly #inOrder: boolean;
  #flight: Flight | null = null;

  /** @throws TypeError where the model's cache has no static passes */
  constructor(parts: DecodingParts, { maxRows, context, scratch }: StaticDecodingOptions) {
    const { model, cache, roster, wholeBlocks } = parts;
    const passes = cache.staticPasses;
    if (passes === undefined) throw new TypeError('the cache of this model has no static passes');
    this.#parts = parts;
    this.#context = context;
    this.#inOrder = wholeBlocks && !passes.anyOrder;
    const rows = Math.min(maxRows, roster.pool.total);
    this.#step = new StaticStep(model, cache, passes, { rows, context, scratch, inOrder: this.#inOrder });
  }

  /** Tokens have been computed that nobody has read. */
  get pending(): boolean {
    return this.#flight !== null;
  }

  /** Why a step could not be recorded; null while all could. */
  get failure(): Error | null {
    return this.#step.failure;
  }

  get graphs(): number {
    return this.#step.graphs;
  }

  /** Graphs recorded so far. */
  get recorded(): number {
    return this.#step.recorded;
  }

  /** See StaticStep. */
  warm(): void {
    this.#step.warm();
  }

  /** Gives every sequence that has begun its next token, or the one before it; false where there is none. */
  decode(): boolean {
    const flight = this.#flight;
    if (flight !== null) {
      this.#flight = this.failure === null ? this.#ahead(flight) : null;
      this.#land(flight);
      return true;
    }
    const { roster, replies } = this.#parts;
    const served = roster.reserve(roster.running.filter(isDue));
    if (served.length === 0) return false;
    replies.rule(served);
    this.#begin(served.filter(({ state }) => state === 'running'));
    return true;
  }

  /** A step of sequences whose rules and tokens are known. */
  #begin(sequences: Begun[]): void {
    if (sequences.length === 0) return;
    const { roster, cache, replies } = this.#parts;
    if (this.#inOrder) arrange(sequences, roster, cache);
    const choice = choiceOf(sequences);
    const rows = sequences.map((sequence) => rowOf(sequence, choice, NO_SOURCE));
    if (choice === 'no') {
      scope(() => {
        const logits = this.#step.logits(rows);
        for (const { cached } of sequences) cached.advance(roster.pool, 1);
        replies.chooseRuled(sequences, logits);
      });
      return;
    }
    const flight: Flight = { sequences, wait: this.#step.choose(rows, choice) };
    for (const { cached } of sequences) cached.advance(roster.pool, 1);
    if (sequences.every(isFree)) this.#flight = flight;
    else this.#land(flight);
  }

  /** The step after one that has not landed; null where it must land first. */
  #ahead({ sequences }: Flight): Flight | null {
    const { roster, cache } = this.#parts;
    const sources = new Map<Sequence, number>();
    for (const [row, sequence] of sequences.entries()) {
      if (this.#goesOn(sequence)) sources.set(sequence, row);
    }
    const next = roster.running.filter(
      (sequence): sequence is Begun => sources.has(sequence) || isDue(sequence),
    );
    if (sources.size === 0 || !next.every(isFree)) return null;
    const reserved = next.every(({ cached }) => cached.reserve(roster.pool, cached.computed + 1));
    if (!reserved) return null;
    for (const sequence of next) sequence.rule = FREE;
    const choice = choiceOf(next);
    if (choice === 'no') return null;
    if (this.#inOrder) arrange(next, roster, cache);
    const rows = next.map((sequence) => rowOf(sequence, choice, sources.get(sequence) ?? NO_SOURCE));
    return { sequences: next, wait: this.#step.choose(rows, choice) };
  }

  /** Whether a sequence of a flight wants another token, for all that is known. */
  #goesOn({ state, continuation, cached }: Begun): boolean {
    return state === 'running' && continuation.ready && cached.computed + 1 < this.#context;
  }

  /** Delivers the tokens of a step. */
  #land({ sequences, wait }: Flight): void {
    const { roster, replies } = this.#parts;
    const { tokens, logprobs } = wait();
    const chosen = sequences.map(({ demands }, row): Chosen | null => {
      const logprob = logprobs[row]!;
      // What is not finite is in every log-probability of its row.
      if (!Number.isFinite(logprob)) return null;
      return { token: tokens[row]!, logprob: demands.policy ? logprob : null, top: NONE };
    });
    replies.deliver(sequences, chosen);
    for (const { state, cached } of this.#flight?.sequences ?? []) {
      if (state === 'running') cached.advance(roster.pool, 1);
    }
  }

  dispose(): void {
    this.#flight = null;
    this.#step.dispose();
  }
}

const NO_SOURCE = -1;

/** Whether its next token can be computed before its last one is taken. */
function isFree({ continuation }: Sequence): boolean {
  return continuation.free === true;
}

/** How the step itself can choose for all of the rows. */
function choiceOf(sequences: readonly Sequence[]): Choice {
  let [greedy, drawn, cut] = [true, true, false];
  for (const { rule, demands, sampling } of sequences) {
    const ruled = rule.forced !== null || rule.allowed !== null;
    if (ruled || demands.alternatives >= 0) return 'no';
    if (demands.cut) cut = true;
    if (!demands.greedy) greedy = false;
    if (demands.greedy || sampling.temperature !== 1) drawn = false;
  }
  if (cut) return 'cut';
  if (greedy) return 'greedy';
  return drawn ? 'drawn' : 'each';
}

/** @param source - row of the last step that chose its token; NO_SOURCE where that is known */
function rowOf({ cached, sampling, demands }: Begun, choice: Choice, source: number): StepRow {
  const draws = choice !== 'no' && !demands.greedy;
  return {
    blocks: cached.blocks,
    start: cached.computed,
    token: source === NO_SOURCE ? cached.tokens[cached.computed]! : null,
    source,
    temperature: draws ? sampling.temperature : 1,
    uniform: draws ? uniformOf(sampling) : -1,
    cut: cutOf(sampling, demands),
    adjusted: demands.adjusted ? sampling : null,
  };
}
