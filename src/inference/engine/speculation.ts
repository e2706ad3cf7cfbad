/**
 * @file Speculative decoding by a model's own predictor (DeepSeek-V3, arXiv 2412.19437, section 2.2.3): one pass of the model
 * verifies a draft of the next token and gives the one after it.
 *
 *   pass of the model      reads the last token and the draft of each row; the first state decides whether the draft is accepted
 *                          (verify.ts), and if it is, the second gives one more token
 *   pass of the predictor  reads the new tokens with the states before them, and drafts the next
 *
 * Tokens have the distribution of plain decoding; greedy ones are the same. A row under rules (a constraint, a limit) or with
 * penalties or biases gets no draft: its next distribution depends on what is chosen until then. It decodes in the same passes
 * as the others.
 *
 * The predictor has a layer in the model's cache. Its entry for a token depends on that token's state and on the token after
 * it. In a shared block the last entry is that of the row which wrote it last: drafts of the other rows may be worse there.
 */
import type { Predictor } from '../../models/index.ts';
import { indices, scope, type Tensor } from '../../torch/index.ts';
import { arrange } from './arrange.ts';
import { type Reading, statesOf } from './cache.ts';
import { draftRows } from './choose.ts';
import { type DecodingParts, isDue } from './decoding.ts';
import type { Begun } from './roster.ts';
import type { Sequence } from './sequence.ts';

/** Tokens that the predictor reads of a row: those behind `start`, as many as `count`, all but the first after a known state. */
interface Reach {
  readonly cached: Reading['cached'];
  readonly start: number;
  readonly count: number;
  /** Its row of the states. */
  readonly row: number;
}

export class Speculation {
  readonly #parts: DecodingParts;
  readonly #predictor: Predictor;
  readonly #context: number;
  readonly #guessed = new Set<Sequence>();
  /** Guesses checked, and those that were taken. */
  readonly counts = { draftedTokens: 0, acceptedTokens: 0 };

  constructor(parts: DecodingParts, predictor: Predictor, context: number) {
    this.#parts = parts;
    this.#predictor = predictor;
    this.#context = context;
  }

  /**
   * Reads on where the model reads prompts, so far as the token after is known.
   * @param hidden - the states of the readings, [B, longest, D], before these count as computed
   */
  read(hidden: Tensor, readings: readonly Reading[]): void {
    const reaches = readings.map(({ cached, tokens }, row): Reach => {
      const known = cached.tokens.length - cached.computed - 1;
      return { cached, start: cached.computed, count: Math.min(tokens, known), row };
    });
    const some = reaches.filter(({ count }) => count > 0);
    if (some.length > 0) scope(() => void this.#states(hidden, some));
  }

  /**
   * Guesses at the second token of sequences that have their first.
   * @param hidden - the state that gave the first, of each, [B, D]
   */
  begin(sequences: readonly Begun[], hidden: Tensor): void {
    const counts = sequences.map(() => 1);
    this.#guess(sequences, hidden.unsqueeze(1), counts);
  }

  /** Gives every sequence that has begun its next token, or two; false where there is none. */
  decode(): boolean {
    const { cache, roster, wholeBlocks } = this.#parts;
    const served = roster.reserve(roster.running.filter(isDue));
    this.#forget((sequence) => !served.includes(sequence as Begun));
    if (served.length === 0) return false;
    for (const sequence of this.#guessed) {
      const { cached } = sequence as Begun;
      if (!cached.reserve(roster.pool, cached.tokens.length + 1)) this.#forget((one) => one === sequence);
    }
    if (wholeBlocks) arrange(served, roster, cache);
    scope(() => {
      const hidden = this.#read(served);
      const taken = this.#check(served, hidden);
      this.#guess(
        served,
        hidden,
        served.map((sequence) => (taken.includes(sequence) ? 2 : 1)),
      );
    });
    return true;
  }

  /** The states of each row's last token, and of its guess where it has one, [B, 1 or 2, D]. */
  #read(served: readonly Begun[]): Tensor {
    const { model, cache } = this.#parts;
    for (const { cached, draft } of served) if (draft !== null) cached.tokens.push(draft.token);
    const readings = served.map(({ cached, draft }) => ({ cached, tokens: draft === null ? 1 : 2 }));
    try {
      return statesOf(model, cache, readings);
    } finally {
      for (const { cached, draft } of served) if (draft !== null) cached.tokens.pop();
    }
  }

  /** Chooses a token for each row and, where its guess is taken, the one after; returns the rows that got two. */
  #check(served: readonly Begun[], hidden: Tensor): Begun[] {
    const { model, roster, replies } = this.#parts;
    for (const { cached } of served) cached.advance(roster.pool, 1);
    const guesses = served.map(({ draft }) => draft?.token ?? null);
    replies.choose(served, model.logits(hidden.select(1, 0)));
    this.#forget(() => true);
    this.counts.draftedTokens += guesses.filter((guess) => guess !== null).length;
    const places = [...served.keys()].filter((i) => served[i]!.cached.tokens.at(-1) === guesses[i]);
    this.counts.acceptedTokens += places.length;
    // A reply may have ended with the guess, or its reader may lag behind.
    const going = places.filter((i) => served[i]!.state === 'running' && served[i]!.continuation.ready);
    if (going.length === 0) return [];
    const taken = going.map((i) => served[i]!);
    for (const { cached } of taken) cached.advance(roster.pool, 1);
    const second = hidden.select(1, 1).indexSelect(0, indices(going, undefined, model.device));
    replies.choose(taken, model.logits(second));
    return taken;
  }

  /**
   * Guesses at the next tokens of the rows that may have a guess.
   * @param hidden - [B, T, D]
   * @param counts - how many of a row's states were computed last, the first ones
   */
  #guess(sequences: readonly Begun[], hidden: Tensor, counts: readonly number[]): void {
    const rows = [...sequences.keys()].filter((row) => this.#mayGuess(sequences[row]!));
    if (rows.length === 0) return;
    const reaches = rows.map((row): Reach => {
      const { cached } = sequences[row]!;
      return { cached, start: cached.computed - counts[row]!, count: counts[row]!, row };
    });
    scope(() => {
      const { model } = this.#parts;
      const states = this.#states(hidden, reaches);
      const longest = states.size(1);
      const last = indices(
        reaches.map(({ count }, i) => i * longest + count - 1),
        undefined,
        model.device,
      );
      const logits = model.logits(states.flatten(0, 1).indexSelect(0, last));
      const drafts = draftRows(
        logits,
        rows.map((row) => sequences[row]!),
      );
      for (const [i, row] of rows.entries()) {
        sequences[row]!.draft = drafts[i]!;
        this.#guessed.add(sequences[row]!);
      }
    });
  }

  /** Whether the distribution of the token after next is known beforehand, and there is room for both. */
  #mayGuess({ state, cached, continuation, demands }: Begun): boolean {
    const free = continuation.free === true && !demands.adjusted;
    return state === 'running' && free && cached.tokens.length + 2 <= this.#context;
  }

  /** The predictor's states, [B, longest, D]. @param hidden - the model's, from each row's `start` on */
  #states(hidden: Tensor, reaches: readonly Reach[]): Tensor {
    const { model, cache } = this.#parts;
    const longest = Math.max(...reaches.map(({ count }) => count));
    const [width, shape] = [hidden.size(1), [reaches.length, longest] as const];
    const places = new Int32Array(reaches.length * longest);
    const tokens = new Int32Array(reaches.length * longest);
    for (const [i, { cached, start, count, row }] of reaches.entries()) {
      for (let t = 0; t < count; t++) {
        places[i * longest + t] = row * width + t;
        tokens[i * longest + t] = cached.tokens[start + t + 1]!;
      }
    }
    const before = hidden
      .flatten(0, 1)
      .indexSelect(0, indices(places, undefined, model.device))
      .view([...shape, hidden.size(2)]);
    const rows = reaches.map(({ cached: { blocks }, start, count }) => ({ blocks, start, tokens: count }));
    return this.#predictor.states(before, {
      tokens: indices(tokens, shape, model.device),
      cache: cache.pass(rows),
    });
  }

  /** Frees guesses. */
  #forget(which: (sequence: Sequence) => boolean): void {
    for (const sequence of [...this.#guessed].filter(which)) {
      sequence.draft?.probabilities?.dispose();
      sequence.draft = null;
      this.#guessed.delete(sequence);
    }
  }

  dispose(): void {
    this.#forget(() => true);
  }
}
