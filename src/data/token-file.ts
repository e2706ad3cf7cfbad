/**
 * @file Documents as token ids in a file, read in pieces of at most a row: a corpus of any size needs little memory.
 *
 * Two files: `<path>` holds the ids of all documents one after another, 4 bytes each, then the length of each document;
 * `<path>.json`, written last, has the totals. Of an open file only the places of the pieces are in memory, 12 bytes each.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { replaceFile, writeJsonAtomic } from '../run/atomic.ts';

/** Token ids of a document, or of a part of one. */
export interface TokenPart {
  readonly tokens: Int32Array;
  /** Whether the document ends with it. */
  readonly ends: boolean;
}

/** Totals of a token file. */
export interface TokenTotals {
  readonly documents: number;
  readonly tokens: number;
}

const ID = Int32Array.BYTES_PER_ELEMENT;
/** Tokens written at once, roughly. */
const BLOCK = 2 ** 18;

/** Writes documents into a token file. What is at `path` stays until all are written. */
export async function writeTokenFile(path: string, parts: AsyncIterable<TokenPart>): Promise<void> {
  const lengths = new Lengths();
  let tokens = 0;
  await replaceFile(path, async (temporary) => {
    const file = await open(temporary, 'wx');
    try {
      let held: Int32Array[] = [];
      let [waiting, length] = [0, 0];
      const flush = async (): Promise<void> => {
        for (const ids of held) await file.appendFile(bytesOf(ids));
        tokens += waiting;
        [held, waiting] = [[], 0];
      };
      for await (const part of parts) {
        held.push(part.tokens);
        waiting += part.tokens.length;
        length += part.tokens.length;
        if (waiting >= BLOCK) await flush();
        if (!part.ends) continue;
        lengths.push(length);
        length = 0;
      }
      await flush();
      await file.appendFile(bytesOf(lengths.values));
    } finally {
      await file.close();
    }
  });
  await writeJsonAtomic(totalsOf(path), { documents: lengths.values.length, tokens });
}

function totalsOf(path: string): string {
  return `${path}.json`;
}

function bytesOf(array: Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Lengths of documents, 4 bytes each however many there are. */
class Lengths {
  #all = new Uint32Array(1024);
  #count = 0;

  push(length: number): void {
    if (this.#count === this.#all.length) {
      const larger = new Uint32Array(2 * this.#count);
      larger.set(this.#all);
      this.#all = larger;
    }
    this.#all[this.#count++] = length;
  }

  get values(): Uint32Array {
    return this.#all.subarray(0, this.#count);
  }
}

/**
 * An open token file. A document longer than a piece is cut; each piece but the first repeats the token before it, so
 * that every token of a document except its first is predicted in exactly one piece.
 */
export class TokenFile implements TokenTotals {
  readonly documents: number;
  readonly tokens: number;
  readonly #descriptor: number;
  /** Index of the first token of each piece, and its number of tokens. */
  readonly #starts: Float64Array;
  readonly #lengths: Uint32Array;

  /**
   * Opens a file that was written to its end; undefined where there is none.
   * @param length - tokens of a piece at most, 2 or more
   */
  static open(path: string, length: number): TokenFile | undefined {
    if (!existsSync(path) || !existsSync(totalsOf(path))) return undefined;
    const totals = readTotals(totalsOf(path));
    if (totals === null) return undefined;
    const descriptor = openSync(path, 'r');
    if (fstatSync(descriptor).size === ID * (totals.tokens + totals.documents)) {
      return new TokenFile(descriptor, totals, length);
    }
    closeSync(descriptor);
    return undefined;
  }

  private constructor(descriptor: number, { documents, tokens }: TokenTotals, length: number) {
    if (length < 2) throw new RangeError(`pieces of ${length} tokens have nothing to predict`);
    this.documents = documents;
    this.tokens = tokens;
    this.#descriptor = descriptor;
    const lengths = new Uint32Array(documents);
    this.#fill(lengths, tokens);
    const pieces = lengths.reduce((sum, own) => sum + piecesOf(own, length), 0);
    this.#starts = new Float64Array(pieces);
    this.#lengths = new Uint32Array(pieces);
    let [piece, start] = [0, 0];
    for (const own of lengths) {
      for (let i = 0; i < piecesOf(own, length); i++, piece++) {
        const at = i * (length - 1);
        this.#starts[piece] = start + at;
        this.#lengths[piece] = Math.min(length, own - at);
      }
      start += own;
    }
  }

  /** Number of pieces. */
  get pieces(): number {
    return this.#starts.length;
  }

  /** Token ids of a piece. */
  read(piece: number): Int32Array {
    const ids = new Int32Array(this.#lengths[piece]!);
    this.#fill(ids, this.#starts[piece]!);
    return ids;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Reads from the `at`-th token on. */
  #fill(into: Int32Array | Uint32Array, at: number): void {
    const bytes = bytesOf(into);
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(this.#descriptor, bytes, done, bytes.length - done, at * ID + done);
      if (count === 0) throw new RangeError(`token ${at}: beyond the end of the file`);
      done += count;
    }
  }
}

/** Pieces of a document: neighbours share one token. */
function piecesOf(tokens: number, length: number): number {
  return Math.max(1, Math.ceil((tokens - 1) / (length - 1)));
}

/** Totals as they were written; null for a damaged file. */
function readTotals(path: string): TokenTotals | null {
  try {
    const { documents, tokens } = JSON.parse(readFileSync(path, 'utf8')) as Partial<TokenTotals>;
    if (!Number.isSafeInteger(documents) || !Number.isSafeInteger(tokens)) return null;
    return { documents: documents!, tokens: tokens! };
  } catch {
    return null;
  }
}
