/** @file Tokens and their log-probabilities as clients are told of them, each with the text it is part of. */
import { type Tokenizer, tokenBytes } from '../../text/index.ts';
import type { TokenLogprob } from '../backend.ts';

/** A token, and where asked for its log-probability and the most probable ones instead. */
export interface ScoredToken {
  readonly token: number;
  readonly logprob: number | null;
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

/** Token ids as text and bytes. */
export class TokenNames {
  readonly #tokenizer: Tokenizer;
  #bytes: readonly (Uint8Array | null)[] | null | undefined;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The bytes each token adds to a text; null where this tokenizer's tokens have none of their own. */
  get vocabulary(): readonly (Uint8Array | null)[] | null {
    this.#bytes ??= tokenBytes(this.#tokenizer);
    return this.#bytes;
  }

  of(id: number): { readonly token: string; readonly bytes: readonly number[] | null } {
    const bytes = this.vocabulary?.[id];
    if (bytes) return { token: Buffer.from(bytes).toString('utf8'), bytes: Array.from(bytes) };
    // A control token, or a word of a vocabulary of words: its name is its text.
    const token = this.#tokenizer.tokenOf(id) ?? '';
    return { token, bytes: Array.from(Buffer.from(token)) };
  }
}

/** As the API shows it. @param offset - characters of the text before it */
export function toldLogprob(
  { token, logprob, top }: ScoredToken,
  names: TokenNames,
  offset: number,
): TokenLogprob {
  return {
    ...names.of(token),
    logprob: logprob ?? 0,
    offset,
    top: top.map((other) => ({ ...names.of(other.token), logprob: other.logprob })),
  };
}

/** Log-probabilities of the thought and of the answer. */
export interface ReadyLogprobs {
  readonly reasoning: readonly TokenLogprob[];
  readonly content: readonly TokenLogprob[];
}

interface Waiting {
  readonly logprob: TokenLogprob;
  ofThought: boolean;
  /** Where its text ends among all letters of the reply; null while its last character is not complete. */
  end: number | null;
}

/** Log-probabilities that wait until the text of their token is shown, or known never to be. */
export class WaitingLogprobs {
  #waiting: Waiting[] = [];

  /**
   * A token of the reply, in order.
   * @param start - letters of the reply before it
   * @param end - letters up to its end; null where it ends within a character, which is of the token that completes it
   */
  add(logprob: TokenLogprob, ofThought: boolean, start: number, end: number | null): void {
    // A character that this token completes is the first of its text.
    if (end !== null) for (const one of this.#waiting) one.end ??= Math.min(start + 1, end);
    this.#waiting.push({ logprob, ofThought, end });
  }

  /** Those that wait turn out to be of a thought. */
  moveToThought(): void {
    for (const one of this.#waiting) one.ofThought = true;
  }

  /**
   * Those whose turn it is.
   * @param decided - letters of the reply that have been shown or dropped; Infinity takes all, half characters too
   */
  take(decided: number): ReadyLogprobs {
    const later = this.#waiting.findIndex(({ end }) => (end ?? Number.MAX_VALUE) > decided);
    const ready = this.#waiting.splice(0, later < 0 ? this.#waiting.length : later);
    const told = (ofThought: boolean): TokenLogprob[] =>
      ready.filter((one) => one.ofThought === ofThought).map(({ logprob }) => logprob);
    return { reasoning: told(true), content: told(false) };
  }
}
