/**
 * @file Packing token sequences into rows of one length.
 *
 * Documents lie end to end in a row, each with positions from 0 and its own segment, so that attention can be kept
 * inside a document. No document is split over rows unless it is longer than a row; then it is cut into pieces that
 * are treated as documents. Each row opens with the document that has waited longest (none waits for ever); then
 * the longest one that fits is taken from a small window of waiting documents until none does.
 */
import type { Json } from '../records.ts';
import type { TokenSequence } from '../text/index.ts';
import { layRows, type Rows } from './rows.ts';
import type { Source } from './source.ts';

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
  readonly #source: Source<TokenSequence>;
  readonly #options: Required<PackingOptions>;
  /** Documents waiting for a place, oldest first. */
  #waiting: TokenSequence[] = [];
  #ended = false;

  constructor(source: Source<TokenSequence>, options: PackingOptions) {
    const { length, window = 64 } = options;
    if (!Number.isInteger(length) || length < 1)
      throw new RangeError(`row length ${length} is not a whole number ≥ 1`);
    if (!Number.isInteger(window) || window < 1)
      throw new RangeError(`window ${window} is not a whole number ≥ 1`);
    this.#source = source;
    this.#options = { ...options, window };
  }

  /** Documents that were drawn from the source and have no row yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The next `rows` rows; fewer, or none, only when a finite source has ended. */
  next(rows: number): Rows {
    const filled: TokenSequence[][] = [];
    while (filled.length < rows) {
      const documents = this.#nextRow();
      if (documents.length === 0) break;
      filled.push(documents);
    }
    return layRows(filled, this.#options.length, this.#options.padToken);
  }

  /** Where the packer stands, the documents waiting included: each token as its id, or −1 − id where untrained. */
  cursor(): Json {
    const waiting = this.#waiting.map(({ tokens, trained }) =>
      Array.from(tokens, (id, i) => (trained[i] === 1 ? id : -1 - id)),
    );
    return { source: this.#source.cursor(), waiting };
  }

  /** Goes to where `cursor()` was taken. Throws TypeError when `cursor` is no packer's. */
  seek(cursor: Json): void {
    const saved = cursor as { source?: Json; waiting?: readonly (readonly number[])[] } | null;
    if (saved?.source === undefined || !Array.isArray(saved.waiting)) {
      throw new TypeError(`not the cursor of a packer: ${JSON.stringify(cursor)}`);
    }
    this.#source.seek(saved.source);
    this.#waiting = (saved.waiting as readonly (readonly number[])[]).map((codes) => ({
      tokens: Int32Array.from(codes, (code) => (code < 0 ? -1 - code : code)),
      trained: Uint8Array.from(codes, (code) => Number(code >= 0)),
    }));
    this.#ended = false;
  }

  #nextRow(): TokenSequence[] {
    this.#refill();
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return [];
    const row = [oldest];
    let room = this.#options.length - oldest.tokens.length;
    while (room > 0) {
      this.#refill();
      const best = longestWithin(this.#waiting, room);
      if (best === -1) break;
      const [document] = this.#waiting.splice(best, 1);
      row.push(document!);
      room -= document!.tokens.length;
    }
    return row;
  }

  #refill(): void {
    const { length, window } = this.#options;
    while (!this.#ended && this.#waiting.length < window) {
      const document = this.#source.next();
      if (document === null) {
        this.#ended = true;
        return;
      }
      const { tokens, trained } = document;
      for (let at = 0; at < tokens.length; at += length) {
        this.#waiting.push({
          tokens: tokens.slice(at, at + length),
          trained: trained.slice(at, at + length),
        });
      }
    }
  }
}

/** Index of the longest document of at most `room` tokens, the oldest of equals; −1 when none fits. */
function longestWithin(documents: readonly TokenSequence[], room: number): number {
  let best = -1;
  let bestLength = 0;
  for (const [i, { tokens }] of documents.entries()) {
    if (tokens.length <= room && tokens.length > bestLength) [best, bestLength] = [i, tokens.length];
  }
  return best;
}
