/** @file Tokens and their log-probabilities as clients are told of them. */

import type { Chosen } from '../../inference/engine/index.ts';
import { type Tokenizer, tokenBytes } from '../../text/index.ts';
import type { TokenLogprob } from '../backend.ts';

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
  { token, logprob, top }: Chosen,
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
