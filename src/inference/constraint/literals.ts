/** @file Terminals that read given texts, and bounded runs of whitespace. */
import { DONE, type Terminal } from './items.ts';

const encoder = new TextEncoder();

/** Some of a list of texts, in the order of bytes: those that begin with the same bytes. Made as bytes reach it. */
class Texts implements Terminal {
  readonly optional: boolean;
  readonly ended: boolean;
  readonly #texts: readonly Uint8Array[];
  readonly #from: number;
  readonly #to: number;
  readonly #depth: number;
  readonly #after = new Map<number, Texts | null>();
  #shortest: number | undefined;

  constructor(texts: readonly Uint8Array[], from: number, to: number, depth: number) {
    this.#texts = texts;
    this.#from = from;
    this.#to = to;
    this.#depth = depth;
    // The first is the shortest that the others go on from.
    this.optional = texts[from]!.length === depth;
    this.ended = this.optional && to === from + 1;
  }

  step(byte: number): Terminal | null {
    const known = this.#after.get(byte);
    if (known !== undefined) return known;
    const from = this.#firstFrom(byte);
    const to = this.#firstFrom(byte + 1);
    const made = from < to ? new Texts(this.#texts, from, to, this.#depth + 1) : null;
    this.#after.set(byte, made);
    return made;
  }

  /** The first text whose next byte is this one or a later one. */
  #firstFrom(byte: number): number {
    let [low, high] = [this.#from + (this.optional ? 1 : 0), this.#to];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#texts[middle]![this.#depth]! < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The text with the shortest end, of several the first. */
  get #best(): Uint8Array {
    if (this.#shortest === undefined) {
      let best = this.#from;
      for (let i = best + 1; i < this.#to; i++) {
        if (this.#texts[i]!.length < this.#texts[best]!.length) best = i;
      }
      this.#shortest = best;
    }
    return this.#texts[this.#shortest]!;
  }

  get shortestLength(): number {
    return this.#best.length - this.#depth;
  }

  get shortest(): readonly number[] {
    return [...this.#best.subarray(this.#depth)];
  }
}

/** One of some texts, none of them empty. */
export function literals(texts: readonly string[]): Terminal {
  const sorted = Array.from(new Set(texts), (text) => encoder.encode(text)).sort((a, b) =>
    Buffer.compare(a, b),
  );
  return new Texts(sorted, 0, sorted.length, 0);
}

export const literal = (text: string): Terminal => literals([text]);

/** A literal that a control token may stand for as a whole. */
export class Marker implements Terminal {
  readonly optional = false;
  readonly ended = false;
  readonly bytes: Uint8Array;
  readonly #text: Terminal;

  constructor(text: string) {
    this.bytes = encoder.encode(text);
    this.#text = literal(text);
  }

  step(byte: number): Terminal | null {
    return this.#text.step(byte);
  }

  get shortest(): readonly number[] {
    return this.#text.shortest;
  }
}

/** Most bytes of whitespace in one place: models fall into endless runs of it. */
export const MOST_WHITESPACE = 40;

function whitespaceRuns(): Terminal {
  let run = DONE;
  for (let left = 1; left <= MOST_WHITESPACE; left++) {
    const after = run;
    const step = (byte: number): Terminal | null =>
      byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 ? after : null;
    run = { step, optional: true, ended: false, shortest: [] };
  }
  return run;
}

/** JSON's insignificant whitespace, none to `MOST_WHITESPACE` bytes. */
export const WHITESPACE: Terminal = whitespaceRuns();
