/** @file Replies: the rules for the next tokens, their choice, and their delivery to who asked. */
import type { ModelCache } from '../../models/index.ts';
import type { Tensor } from '../../torch/index.ts';
import { chooseRows } from './choose.ts';
import type { Begun, Roster } from './roster.ts';
import { type Chosen, FREE, type Sequence, type TokenRule } from './sequence.ts';
import { TokenMasks } from './token-masks.ts';

/** A model whose logits are NaN or infinite: no fault of who asked. */
export class NotFinite extends Error {
  constructor() {
    super('the model gives logits that are not finite: its weights are damaged or diverged');
  }
}

export class Replies {
  readonly #roster: Roster;
  readonly #cache: ModelCache;
  readonly #context: number;
  readonly #masks: TokenMasks;
  /** Tokens given so far. */
  given = 0;

  constructor(roster: Roster, cache: ModelCache, context: number, device: string) {
    this.#roster = roster;
    this.#cache = cache;
    this.#context = context;
    this.#masks = new TokenMasks(device);
  }

  /** Gives each of the sequences a token by its row of the logits. */
  choose(sequences: readonly Begun[], logits: Tensor): void {
    this.rule(sequences);
    this.chooseRuled(sequences, logits);
  }

  /** The same where the rules are known. */
  chooseRuled(sequences: readonly Begun[], logits: Tensor): void {
    this.deliver(sequences, chooseRows(logits, sequences, this.#masks));
  }

  /** Asks for the rules of the next tokens. A sequence that fails to tell its own leaves. */
  rule(sequences: readonly Begun[]): void {
    for (const sequence of sequences) sequence.rule = this.#constrain(sequence);
  }

  /** Hands each sequence its token; null: its logits were not finite. */
  deliver(sequences: readonly Begun[], chosen: readonly (Chosen | null)[]): void {
    for (let i = 0; i < sequences.length; i++) this.#accept(sequences[i]!, chosen[i]!);
    // What is masked still counts as 0 × its value: blocks left with NaN in them would ruin those who get them next.
    if (chosen.includes(null)) this.#cache.clear(this.#roster.pool.forget());
  }

  #accept(sequence: Begun, chosen: Chosen | null): void {
    const { continuation, sampling, demands, cached } = sequence;
    // It may have been taken out since it was read: by the failure of another reply to the same prompt.
    if (sequence.state !== 'running') return;
    if (chosen === null) {
      this.fail(sequence, new NotFinite());
      return;
    }
    cached.tokens.push(chosen.token);
    this.given++;
    if (demands.adjusted) {
      sampling.counts.set(chosen.token, (sampling.counts.get(chosen.token) ?? 0) + 1);
    }
    // What goes wrong with one reply ends that reply alone, here as in its rules.
    try {
      if (!continuation.accept(chosen, this.#tokensLeft(sequence))) this.#roster.leave(sequence);
    } catch (error) {
      this.fail(sequence, error);
    }
  }

  #constrain(sequence: Sequence): TokenRule {
    try {
      return sequence.continuation.constrain(this.#tokensLeft(sequence));
    } catch (error) {
      this.fail(sequence, error);
      return FREE;
    }
  }

  fail(sequence: Sequence, error: unknown): void {
    this.#roster.leave(sequence);
    sequence.continuation.failed(error);
  }

  #tokensLeft({ length }: Sequence): number {
    return this.#context - length;
  }

  /** Frees the masks used longest ago beyond those that are kept. */
  trim(): void {
    this.#masks.trim();
  }

  dispose(): void {
    this.#masks.dispose();
  }
}
