/**
 * @file Packing token sequences into rows of one length, for pre-training.
 *
 * Documents lie end to end in a row, each with positions from 0 and its own segment, so that attention can be kept
 * inside a document. No document is split over rows unless it is longer than a row; then it is cut into pieces that
 * are treated as documents. Each row opens with the document that has waited longest (none waits for ever); then
 * the longest one that fits is taken from a small window of waiting documents until none does.
 */
import type { Json } from '../records.ts';
import type { Source } from './source.ts';

/** Rows of equal length; arrays are [rows × length], row after row. */
export interface Packed {
  readonly rows: number;
  readonly length: number;
  readonly tokens: Int32Array;
  /** Position inside the document: 0 at its first token; 0 on padding. */
  readonly positions: Int32Array;
  /** Index of the document inside its row, from 0; −1 on padding. */
  readonly segments: Int32Array;
  /** Share of the places that hold a token, 0..1; 0 when there are no rows. */
  readonly utilisation: number;
}

export interface PackingOptions {
  /** Tokens in a row. */
  readonly length: number;
  /** Token id written on padding. */
  readonly padToken: number;
  /** Documents looked at to fill a row; more gives less padding. Default 64. */
  readonly window?: number;
}

/** Packs a resumable source of token sequences; itself a resumable source of rows. */
export class Packer {
  readonly #source: Source<ArrayLike<number>>;
  readonly #options: Required<PackingOptions>;
  /** Documents waiting for a place, oldest first. */
  #waiting: number[][] = [];
  #ended = false;

  constructor(source: Source<ArrayLike<number>>, options: PackingOptions) {
    const { length, window = 64 } = options;
    if (!Number.isInteger(length) || length < 1)
      throw new RangeError(`row length ${length} is not a whole number ≥ 1`);
    if (!Number.isInteger(window) || window < 1)
      throw new RangeError(`window ${window} is not a whole number ≥ 1`);
    this.#source = source;
    this.#options = { ...options, window };
  }

  /** The next `rows` rows; fewer, or none, only when a finite source has ended. */
  next(rows: number): Packed {
    const { length, padToken } = this.#options;
    const tokens = new Int32Array(rows * length).fill(padToken);
    const positions = new Int32Array(rows * length);
    const segments = new Int32Array(rows * length).fill(-1);
    let filled = 0;
    let used = 0;
    for (; filled < rows; filled++) {
      const documents = this.#nextRow();
      if (documents.length === 0) break;
      let at = filled * length;
      for (const [segment, document] of documents.entries()) {
        tokens.set(document, at);
        for (let i = 0; i < document.length; i++) positions[at + i] = i;
        segments.fill(segment, at, at + document.length);
        at += document.length;
      }
      used += at - filled * length;
    }
    const end = filled * length;
    return {
      rows: filled,
      length,
      tokens: tokens.subarray(0, end),
      positions: positions.subarray(0, end),
      segments: segments.subarray(0, end),
      utilisation: end === 0 ? 0 : used / end,
    };
  }

  /** Where the packer stands, the documents waiting included. */
  cursor(): Json {
    return { source: this.#source.cursor(), waiting: this.#waiting.map((document) => [...document]) };
  }

  /** Goes to where `cursor()` was taken. Throws TypeError when `cursor` is no packer's. */
  seek(cursor: Json): void {
    const saved = cursor as { source?: Json; waiting?: readonly (readonly number[])[] } | null;
    if (saved?.source === undefined || !Array.isArray(saved.waiting)) {
      throw new TypeError(`not the cursor of a packer: ${JSON.stringify(cursor)}`);
    }
    this.#source.seek(saved.source);
    this.#waiting = saved.waiting.map((document) => [...document]);
    this.#ended = false;
  }

  #nextRow(): number[][] {
    this.#refill();
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return [];
    const row = [oldest];
    let room = this.#options.length - oldest.length;
    while (room > 0) {
      this.#refill();
      const best = longestWithin(this.#waiting, room);
      if (best === -1) break;
      const [document] = this.#waiting.splice(best, 1);
      row.push(document!);
      room -= document!.length;
    }
    return row;
  }

  #refill(): void {
    while (!this.#ended && this.#waiting.length < this.#options.window) {
      const sequence = this.#source.next();
      if (sequence === null) {
        this.#ended = true;
        return;
      }
      const document = Array.from(sequence);
      for (let at = 0; at < document.length; at += this.#options.length) {
        this.#waiting.push(document.slice(at, at + this.#options.length));
      }
    }
  }
}

/** Index of the longest document of at most `room` tokens, the oldest of equals; −1 when none fits. */
function longestWithin(documents: readonly number[][], room: number): number {
  let best = -1;
  let bestLength = 0;
  for (const [i, { length }] of documents.entries()) {
    if (length <= room && length > bestLength) [best, bestLength] = [i, length];
  }
  return best;
}
