/**
 * @file Segments: documents that lie end to end in the rows of a pass, each of which is read as if it stood alone.
 *
 * They are kept as the lengths of the documents of each row; what is left of a row is padding. From them follow the
 * positions, and either the boundaries that a variable-length kernel takes or a mask of T×T for everything else.
 */
import { indices, scope, type Tensor, tensor } from '../../torch/index.ts';

/** Of each row the lengths of its documents in their order, each at least 1. */
export type Segments = readonly (readonly number[])[];

/** Tokens of the longest document; 0 where there is none. */
export function longestSegment(segments: Segments): number {
  return segments.reduce((most, row) => Math.max(most, ...row), 0);
}

/**
 * Throws where the documents do not fit rows of `length` tokens.
 * @throws RangeError naming the row
 */
export function checkSegments(segments: Segments, rows: number, length: number): void {
  if (segments.length !== rows)
    throw new RangeError(`segments are of ${segments.length} rows, tokens of ${rows}`);
  for (const [row, own] of segments.entries()) {
    const odd = own.find((tokens) => !Number.isInteger(tokens) || tokens < 1);
    if (odd !== undefined) throw new RangeError(`row ${row}: a segment of ${odd} tokens`);
    const total = own.reduce((sum, tokens) => sum + tokens, 0);
    if (total > length) throw new RangeError(`row ${row}: segments of ${total} tokens in a row of ${length}`);
  }
}

/** Position of each token in its document, from 0; 0 on padding. int64 [B, T] */
export function segmentPositions(segments: Segments, length: number, device: string): Tensor {
  const positions = new Int32Array(segments.length * length);
  forEachSegment(segments, length, (start, tokens) => {
    for (let i = 0; i < tokens; i++) positions[start + i] = i;
  });
  return indices(positions, [segments.length, length], device);
}

/** The number of each token's document in its row, −1 on padding. int32 [B, T] */
export function segmentNumbers(segments: Segments, length: number, device: string): Tensor {
  const numbers = new Int32Array(segments.length * length).fill(-1);
  forEachSegment(segments, length, (start, tokens, number) => numbers.fill(number, start, start + tokens));
  return tensor(numbers, [segments.length, length], { device });
}

/** Which places a place may attend to: itself and what is before it in its document. bool [B, 1, T, T] */
export function sameSegment(segments: Segments, length: number, device: string): Tensor {
  return scope(() => {
    const own = segmentNumbers(segments, length, device);
    return own.unsqueeze(2).eq(own.unsqueeze(1)).tril().unsqueeze(1);
  });
}

/** Where documents begin in rows laid end to end, as variable-length kernels ask for it. */
export interface Boundaries {
  /** int32 [documents + 1]: the first token of each, and the number of tokens at the end. */
  readonly starts: Tensor;
  /** Tokens of the longest. */
  readonly longest: number;
}

/** Consecutive tokens of [B · T] that one call of a kernel reads. */
export interface Stretch {
  readonly tokens: number;
  /** Where its documents begin, counted from its own first token; null where it is one long document. */
  readonly documents: Boundaries | null;
}

/**
 * All documents of all rows, each long one in a stretch of its own. The padding at the end of a row is a document too: its
 * states mean nothing, and nothing reads them.
 * @param long - tokens of the shortest document that is long
 */
export function stretchesOf(segments: Segments, length: number, device: string, long = Infinity): Stretch[] {
  const stretches: Stretch[] = [];
  let short: number[] = [];
  const end = (): void => {
    if (short.length > 0) stretches.push(boundariesOf(short, device));
    short = [];
  };
  for (const tokens of segments.flatMap((own) => withPadding(own, length))) {
    if (tokens < long) short.push(tokens);
    else {
      end();
      stretches.push({ tokens, documents: null });
    }
  }
  end();
  return stretches;
}

function withPadding(own: readonly number[], length: number): readonly number[] {
  const padding = length - own.reduce((sum, tokens) => sum + tokens, 0);
  return padding > 0 ? [...own, padding] : own;
}

function boundariesOf(lengths: readonly number[], device: string): Stretch {
  const starts = new Int32Array(lengths.length + 1);
  for (const [i, tokens] of lengths.entries()) starts[i + 1] = starts[i]! + tokens;
  return {
    tokens: starts.at(-1)!,
    documents: { starts: tensor(starts, [starts.length], { device }), longest: Math.max(...lengths) },
  };
}

function forEachSegment(
  segments: Segments,
  length: number,
  visit: (start: number, tokens: number, number: number) => void,
): void {
  for (const [row, own] of segments.entries()) {
    let start = row * length;
    for (const [number, tokens] of own.entries()) {
      visit(start, tokens, number);
      start += tokens;
    }
  }
}
