/** @file Bounds on the time, the texts and the lists of one rendering. */
import { TemplateLimitError } from './errors.ts';

const MAX_STRING = 16_000_000;
const MAX_ITEMS = 1_000_000;
/** Bits of a whole number. Python prints at most 4300 digits, which is less. */
const MAX_BITS = 20_000;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Steps between two looks at the clock. */
const STEPS = 32;

/** The bounds of one rendering. Each method throws TemplateLimitError when a bound is passed. */
export class Limits {
  readonly #milliseconds: number;
  readonly #start = performance.now();
  #steps = 0;
  /** How often None, a list or a dict became text in Python's spelling. */
  pythonTexts = 0;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Counts one step of work. */
  tick(): void {
    this.#steps += 1;
    if (this.#steps % STEPS !== 0) return;
    if (performance.now() - this.#start > this.#milliseconds)
      throw new TemplateLimitError(`the chat template ran for more than ${this.#milliseconds} ms`);
  }

  /** Checks the length of a text that is about to be made. */
  length(characters: number): void {
    if (characters > MAX_STRING)
      throw new TemplateLimitError(`the chat template makes a text of more than ${MAX_STRING} characters`);
  }

  /** Checks the length of a list that is about to be made. */
  items(count: number): void {
    if (count > MAX_ITEMS)
      throw new TemplateLimitError(`the chat template makes a list of more than ${MAX_ITEMS} items`);
  }

  text(text: string): string {
    this.length(text.length);
    return text;
  }

  integer(value: bigint): bigint {
    if (value <= SAFE && value >= -SAFE) return value;
    if (value.toString(16).length * 4 > MAX_BITS) this.bits(MAX_BITS + 1);
    return value;
  }

  /** Checks the bits of a whole number that is about to be made. */
  bits(bits: number): void {
    if (bits > MAX_BITS)
      throw new TemplateLimitError(`the chat template makes a whole number of more than ${MAX_BITS} bits`);
  }
}
