/** @file Reading of prompts, and of sequences that lost their blocks: how much in a pass, and the scores of prompts. */
import type { LanguageModel, ModelCache } from '../../models/index.ts';
import { dispose, indices, keep, scope, type Tensor } from '../../torch/index.ts';
import { type CachedTokens, forward, type Reading } from './cache.ts';
import { scoreTokens } from './logprobs.ts';
import { NotFinite, type Replies } from './replies.ts';
import type { Begun, Roster } from './roster.ts';
import type { Prompt, Sequence } from './sequence.ts';
import type { Speculation } from './speculation.ts';

type Owners = ReadonlyMap<CachedTokens, Sequence | Prompt>;

export class PromptReader {
  readonly #model: LanguageModel;
  readonly #cache: ModelCache;
  readonly #roster: Roster;
  readonly #replies: Replies;
  readonly #prefillTokens: number;
  readonly #speculation: Speculation | null;
  /** Passes so far. */
  passes = 0;

  /** @param prefillTokens - prompt tokens that one pass reads at most */
  constructor(
    model: LanguageModel,
    cache: ModelCache,
    roster: Roster,
    replies: Replies,
    prefillTokens: number,
    speculation: Speculation | null = null,
  ) {
    this.#model = model;
    this.#cache = cache;
    this.#roster = roster;
    this.#replies = replies;
    this.#prefillTokens = prefillTokens;
    this.#speculation = speculation;
  }

  /** Reads on in prompts, and in sequences that lost their blocks; false where there is nothing to be read. */
  read(): boolean {
    const owners = new Map<CachedTokens, Sequence | Prompt>();
    for (const sequence of this.#roster.running) {
      const { cached, prompt } = sequence;
      if (cached === null) owners.set(prompt.cached!, prompt);
      else if (cached.pending > 1) owners.set(cached, sequence);
    }
    const readings = this.#portion([...owners.keys()].filter(({ pending }) => pending > 0));
    if (readings.length === 0) return false;
    this.passes++;
    const done = readings.filter(({ cached, tokens }) => tokens === cached.pending);
    const broken: Prompt[] = [];
    scope(() => {
      const wanted = done.map((reading) => readings.indexOf(reading));
      let last: Tensor | null = null;
      const logits = forward(this.#model, this.#cache, readings, wanted, (hidden) => {
        broken.push(...this.#score(hidden, readings, owners));
        this.#speculation?.read(hidden, readings);
        if (this.#speculation !== null) last = keep(lastStates(hidden, readings, wanted));
      });
      for (const { cached, tokens } of readings) cached.advance(this.#roster.pool, tokens);
      this.#handOver(done, owners, logits, last);
      dispose(last);
    });
    for (const prompt of broken) this.#failAll(prompt);
    return true;
  }

  /** What has been read to its end: prompts keep their logits, sequences go on from theirs. */
  #handOver(done: readonly Reading[], owners: Owners, logits: Tensor, last: Tensor | null): void {
    const begun: Begun[] = [];
    const rows: number[] = [];
    for (const [row, { cached }] of done.entries()) {
      const owner = owners.get(cached)!;
      if ('logits' in owner) {
        owner.logits = keep(logits.narrow(0, row, 1).clone());
        if (last !== null) owner.hidden = keep(last.narrow(0, row, 1).clone());
      } else {
        begun.push(owner as Begun);
        rows.push(row);
      }
    }
    if (begun.length === 0) return;
    this.#replies.choose(begun, rowsOf(logits, rows));
    if (last !== null) this.#speculation?.begin(begun, rowsOf(last, rows));
  }

  /** How far this pass reads: rows × longest, padding counted, stays within the bound. */
  #portion(pending: readonly CachedTokens[]): Reading[] {
    const readings: Reading[] = [];
    let longest = 0;
    for (const cached of pending) {
      const tokens = Math.min(cached.pending, this.#prefillTokens);
      longest = Math.max(longest, tokens);
      if (readings.length > 0 && (readings.length + 1) * longest > this.#prefillTokens) break;
      readings.push({ cached, tokens });
    }
    return readings;
  }

  /**
   * Tells the scores of the prompts that ask for them.
   * @param hidden - states of a pass, [B, T, D]
   * @returns prompts of which the model says nothing finite
   */
  #score(hidden: Tensor, readings: readonly Reading[], owners: Owners): Prompt[] {
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
    const sequences = [...this.#roster.running, ...this.#roster.waiting];
    for (const one of sequences.filter((sequence) => sequence.prompt === prompt)) {
      this.#roster.cancel(one);
      one.continuation.failed(new NotFinite());
    }
  }
}

/** The states of the last tokens that some rows of a pass read, [wanted, D]. */
function lastStates(hidden: Tensor, readings: readonly Reading[], wanted: readonly number[]): Tensor {
  const places = wanted.map((row) => row * hidden.size(1) + readings[row]!.tokens - 1);
  return hidden.flatten(0, 1).indexSelect(0, indices(places, undefined, hidden.device));
}

/** Some rows of [R, V], also several times. */
export function rowsOf(logits: Tensor, rows: readonly number[]): Tensor {
  if (rows.length === logits.size(0) && rows.every((row, i) => row === i)) return logits;
  return logits.indexSelect(0, indices(rows, undefined, logits.device));
}
