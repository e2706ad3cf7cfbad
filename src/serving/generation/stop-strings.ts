/** @file Stop strings in a text that arrives in pieces. */
import { beginningAtEnd } from '../../text/index.ts';

/** What may be shown, and whether a stop string was met: what follows it is not shown. */
export interface Stopped {
  readonly text: string;
  readonly hit: boolean;
}

/** Looks for stop strings; holds back only what may be the beginning of one. */
export class StopStrings {
  readonly #strings: readonly string[];
  #held = '';

  /** @param strings - none of them empty */
  constructor(strings: readonly string[]) {
    this.#strings = strings;
  }

  /** Letters taken that have not been given out and still may be. */
  get held(): number {
    return this.#held.length;
  }

  /** Takes the next piece; gives what may be shown by now. The first string to begin wins, not the first listed. */
  push(piece: string): Stopped {
    if (this.#strings.length === 0) return { text: piece, hit: false };
    const text = this.#held + piece;
    const found = this.#strings.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.#held = '';
      return { text: text.slice(0, Math.min(...found)), hit: true };
    }
    const keep = Math.max(...this.#strings.map((stop) => beginningAtEnd(text, stop)));
    this.#held = text.slice(text.length - keep);
    return { text: text.slice(0, text.length - keep), hit: false };
  }

  /** The text is over: gives what was held back. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}
