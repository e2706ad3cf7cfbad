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
  #met: string | null = null;

  /** @param strings - none of them empty */
  constructor(strings: readonly string[]) {
    this.#strings = strings;
  }

  /** Letters taken that have not been given out and still may be. */
  get held(): number {
    return this.#held.length;
  }

  /** The string that was met; null while none was. */
  get met(): string | null {
    return this.#met;
  }

  /** Takes the next piece; gives what may be shown by now. The first string to begin wins, not the first listed. */
  push(piece: string): Stopped {
    if (this.#strings.length === 0) return { text: piece, hit: false };
    const text = this.#held + piece;
    let first = text.length;
    for (const stop of this.#strings) {
      const at = text.indexOf(stop);
      if (at < 0 || at >= first) continue;
      first = at;
      this.#met = stop;
    }
    if (first < text.length) {
      this.#held = '';
      return { text: text.slice(0, first), hit: true };
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
