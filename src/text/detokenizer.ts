/**
 * @file Text of a reply while its tokens arrive.
 *
 * A token is not a piece of text: a character may be spread over several, and what a token looks like may depend
 * on its neighbours (no space at the start, digits written together). So a short window of tokens is decoded
 * again each time, beginning with tokens already shown, and the difference is given out. Tokens that are the same text
 * everywhere (whole characters of a byte-level vocabulary) are given out as they are.
 *
 * Characters are never split; a sequence shown as one (an emoji with joiners) may be, between its code points.
 */
import type { Tokenizer } from './tokenizer.ts';

/** What a {@link StreamDecoder} needs of a tokenizer. */
export type Decoding = Pick<Tokenizer, 'decode' | 'isSkipped' | 'textOf' | 'tokenOf'>;

const UNFINISHED = '\u{FFFD}';
/** Tokens a window may hold while no character ends: only bytes that are not text get here. */
const LONGEST_WINDOW = 64;
/** Tokens kept when such a window is cut: more than a character has bytes. */
const KEPT_CONTEXT = 8;

/** Incremental decoding of one sequence: all pieces joined are `decode` of all ids. */
export class StreamDecoder {
  readonly #tokenizer: Decoding;
  readonly #skipSpecial: boolean;
  /** The tokens decoded again at each push. */
  #window: number[] = [];
  /** How much of the window's text has been given out. */
  #shown = 0;
  /** All of the window's text has been given out, and ends with a character. */
  #whole = true;

  /** @param options - as for `decode` */
  constructor(tokenizer: Decoding, options: { readonly skipSpecial?: boolean } = {}) {
    this.#tokenizer = tokenizer;
    this.#skipSpecial = options.skipSpecial ?? false;
  }

  /** Takes the next token; gives the text that is certain by now, maybe none. */
  push(id: number): string {
    if (this.#tokenizer.tokenOf(id) === undefined) return '';
    if (this.#skipSpecial && this.#tokenizer.isSkipped(id)) return '';
    const own = this.#whole ? this.#tokenizer.textOf(id) : null;
    if (own !== null) {
      this.#empty();
      return own;
    }
    this.#window.push(id);
    const text = this.#tokenizer.decode(this.#window);
    const unfinished = text.endsWith(UNFINISHED);
    const end = unfinished ? text.length - UNFINISHED.length : text.length;
    const piece = text.slice(this.#shown, end);
    this.#shown = Math.max(this.#shown, end);
    // The token just shown is the context of the next one; one that shows nothing is no context by itself.
    this.#whole = !unfinished && piece !== '';
    if (this.#whole) this.#cut(1, 0);
    else if (this.#window.length > LONGEST_WINDOW) this.#cut(KEPT_CONTEXT, text.length - this.#shown);
    return piece;
  }

  /** The sequence is over: gives what was held back (a broken character as U+FFFD). */
  flush(): string {
    const rest = this.#tokenizer.decode(this.#window).slice(this.#shown);
    this.#empty();
    return rest;
  }

  #empty(): void {
    if (this.#window.length > 0) this.#window = [];
    this.#shown = 0;
    this.#whole = true;
  }

  /** Keeps the last tokens as context; `hidden` characters at the end of their text are still to be given out. */
  #cut(keep: number, hidden: number): void {
    this.#window = this.#window.slice(-keep);
    this.#shown = Math.max(0, this.#tokenizer.decode(this.#window).length - hidden);
  }
}
