/**
 * @file Optimiser steps from a stream of sequences: so many examples padded, or so many rows packed.
 */

import { bucketByLength } from '../bucket.ts';
import type { Json } from '../records.ts';
import type { TokenSequence } from '../text/index.ts';
import { Packer } from './packing.ts';
import { padRows, type Rows, splitRows } from './rows.ts';
import type { Source, Stream } from './source.ts';

/** A resumable sequence of optimiser steps. */
export interface Batches {
  /** The micro-batches of the next step; none when the data is used up. */
  next(): Rows[];
  /** Examples in the steps so far. */
  examples(): number;
  /** Steps that are left, where the data ends. Goes through the data, and back to where it stands. */
  count(): number;
  cursor(): Json;
  /** Goes to where `cursor()` was taken. */
  seek(cursor: Json): void;
}

export interface MicroBatchOptions {
  /** Places, padding included, in a micro-batch; a longer row has one to itself. */
  readonly tokensPerMicroBatch: number;
  readonly padToken: number;
}

/** The first `limit` items of a stream as a source that ends; `drawn` counts those taken. */
class Limited<T> implements Source<T> {
  readonly #stream: Stream<T>;
  readonly #limit: number;
  drawn = 0;

  constructor(stream: Stream<T>, limit: number) {
    this.#stream = stream;
    this.#limit = limit;
  }

  next(): T | null {
    if (this.drawn >= this.#limit) return null;
    this.drawn += 1;
    return this.#stream.next(1)[0]!;
  }

  cursor(): Json {
    return { drawn: this.drawn, stream: this.#stream.cursor() };
  }

  seek(cursor: Json): void {
    const saved = cursor as { drawn?: Json; stream?: Json } | null;
    if (typeof saved?.drawn !== 'number' || saved.stream === undefined) {
      throw new TypeError(`not the cursor of these batches: ${JSON.stringify(cursor)}`);
    }
    this.#stream.seek(saved.stream);
    this.drawn = saved.drawn;
  }
}

/** Steps of `batchSize` examples; the last has what is left of `limit`. Micro-batches hold like lengths, padded. */
export function paddedBatches(
  stream: Stream<TokenSequence>,
  limit: number,
  options: MicroBatchOptions & { readonly batchSize: number },
): Batches {
  const source = new Limited(stream, limit);
  return {
    next() {
      const sequences: TokenSequence[] = [];
      while (sequences.length < options.batchSize) {
        const sequence = source.next();
        if (sequence === null) break;
        sequences.push(sequence);
      }
      const lengths = sequences.map(({ tokens }) => tokens.length);
      return bucketByLength(lengths, options.tokensPerMicroBatch).map((bucket) =>
        padRows(
          bucket.map((i) => sequences[i]!),
          options.padToken,
        ),
      );
    },
    examples: () => source.drawn,
    count: () => Math.ceil((limit - source.drawn) / options.batchSize),
    cursor: () => source.cursor(),
    seek: (cursor) => source.seek(cursor),
  };
}

/** Steps of `rowsPerStep` packed rows; the last has what is left of `limit` examples. */
export function packedBatches(
  stream: Stream<TokenSequence>,
  limit: number,
  options: MicroBatchOptions & { readonly rowsPerStep: number; readonly rowLength: number },
): Batches {
  const source = new Limited(stream, limit);
  const packer = new Packer(source, { length: options.rowLength, padToken: options.padToken });
  return {
    next: () => splitRows(packer.next(options.rowsPerStep), options.tokensPerMicroBatch),
    examples: () => source.drawn - packer.waiting,
    count() {
      const start = packer.cursor();
      let rows = 0;
      for (let more = -1; more !== 0; rows += more) more = packer.next(1).rows;
      packer.seek(start);
      return Math.ceil(rows / options.rowsPerStep);
    },
    cursor: () => packer.cursor(),
    seek: (cursor) => packer.seek(cursor),
  };
}
