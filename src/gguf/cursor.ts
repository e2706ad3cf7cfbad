/**
 * @file Cursor: reads the header of a GGUF file from front to back. Every length is compared with the bytes that are left
 * before memory is taken for it.
 */
import { readSync } from 'node:fs';
import { damaged } from './damage.ts';

/** Bytes read ahead. */
const WINDOW = 1 << 20;

/**
 * Longest header, bytes. Vocabulary and merges of the largest tokenizers take about 20 MB; a file that claims more would
 * fill the memory.
 */
const MAX_HEADER = 2 ** 28;

/** Little-endian values one after another. A read beyond the end of the file throws a UsageError with the place. */
export class Cursor {
  /** Byte in the file that is read next. */
  position = 0;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #end: number;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  /** @param size - bytes of the file */
  constructor(path: string, descriptor: number, size: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#end = size;
  }

  /** Bytes from here to the end of the file. */
  get left(): number {
    return this.#end - this.position;
  }

  u8(what: string): number {
    return this.#next(1, what).readUInt8();
  }

  u32(what: string): number {
    return this.#next(4, what).readUInt32LE();
  }

  /** A 64-bit count or length; those beyond 2⁵³ are no numbers of anything. */
  count(what: string): number {
    const value = this.#next(8, what).readBigUInt64LE();
    if (value > Number.MAX_SAFE_INTEGER) throw damaged(this.#path, `${what} is ${value}`);
    return Number(value);
  }

  /** The next bytes, valid until the next call. */
  bytes(length: number, what: string): Buffer {
    return this.#next(length, what);
  }

  /** A string: its length in bytes and UTF-8. */
  text(what: string): string {
    const length = this.count(`the length of ${what}`);
    return this.#next(length, what).toString('utf8');
  }

  #next(length: number, what: string): Buffer {
    if (length > this.left) {
      const place = `at byte ${this.position}`;
      throw damaged(this.#path, `${what} ${place} takes ${length} bytes, ${this.left} are left in the file`);
    }
    if (this.position + length > MAX_HEADER) {
      throw damaged(
        this.#path,
        `${what} at byte ${this.position} takes ${length} bytes; a header has ${MAX_HEADER} at most`,
      );
    }
    const from = this.position - this.#windowStart;
    if (from + length > this.#window.length) this.#fill(length);
    const start = this.position - this.#windowStart;
    this.position += length;
    return this.#window.subarray(start, start + length);
  }

  #fill(length: number): void {
    const size = Math.min(this.left, Math.max(length, WINDOW));
    const window = Buffer.alloc(size);
    for (let done = 0; done < size; ) {
      const count = readSync(this.#descriptor, window, done, size - done, this.position + done);
      if (count === 0) throw damaged(this.#path, `it ends at byte ${this.position + done}`);
      done += count;
    }
    this.#window = window;
    this.#windowStart = this.position;
  }
}
