/**
 * @file Documents to token ids for next-token prediction: an end token after each, and before each the begin token where
 * the tokenizer puts one before a text.
 */
import type { Tokenizer, TokenSequence } from '../text/index.ts';
import { END } from '../world/chain/index.ts';
import type { TextPart } from './files/text.ts';
import type { TokenPart } from './token-file.ts';

/** Encodes documents. */
export class DocumentEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #begin: readonly number[];
  readonly #end: number;

  /** @throws UserError for a tokenizer that names no end token */
  constructor(tokenizer: Tokenizer) {
    const first = tokenizer.encode('', { addSpecial: true })[0];
    this.#tokenizer = tokenizer;
    this.#begin = first !== undefined && first === tokenizer.bosId ? [first] : [];
    this.#end = tokenizer.eosId;
  }

  /**
   * Token ids of the parts of documents.
   * @param special - whether a special token that the text spells is that token; letters otherwise
   */
  async *encode(parts: AsyncIterable<TextPart>, special: boolean): AsyncGenerator<TokenPart> {
    let begins = true;
    for await (const { text, ends } of parts) {
      yield { tokens: this.#tokens(text, special, begins, ends), ends };
      begins = ends;
    }
  }

  /** A document of the small world, every token of it trained on. Its own mark of the end becomes the tokenizer's. */
  world(document: string): TokenSequence {
    return wholly(this.#tokens(document.slice(0, -` ${END}`.length), true, true, true));
  }

  #tokens(text: string, special: boolean, begins: boolean, ends: boolean): Int32Array {
    const before = begins ? this.#begin : [];
    const body = this.#tokenizer.encode(text, { special });
    const tokens = new Int32Array(before.length + body.length + (ends ? 1 : 0));
    tokens.set(before);
    tokens.set(body, before.length);
    if (ends) tokens[tokens.length - 1] = this.#end;
    return tokens;
  }
}

/** A sequence of which every token is trained on. */
export function wholly(tokens: Int32Array): TokenSequence {
  return { tokens, trained: new Uint8Array(tokens.length).fill(1) };
}
