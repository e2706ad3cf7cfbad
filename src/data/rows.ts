/** @file Token sequences laid out in rows of one length: packed several to a row, or padded one to a row. */
import { type Ranks, shareByCost } from '../ranks.ts';
import type { TokenSequence } from '../text/index.ts';

/** Rows of equal length; arrays are [rows × length], row after row. */
export interface Rows {
  readonly rows: number;
  readonly length: number;
  readonly tokens: Int32Array;
  /** Of each row the lengths of its documents, which lie end to end; padding follows. */
  readonly segments: readonly (readonly number[])[];
  /** 1 where the token is to be predicted: it is trained on and has a predecessor in its document. */
  readonly targets: Uint8Array;
}

/** Lays the documents of each row end to end. They must fit `length`. */
export function layRows(
  documents: readonly (readonly TokenSequence[])[],
  length: number,
  padToken: number,
): Rows {
  const size = documents.length * length;
  const tokens = new Int32Array(size).fill(padToken);
  const targets = new Uint8Array(size);
  for (const [row, own] of documents.entries()) {
    let at = row * length;
    for (const document of own) {
      const end = at + document.tokens.length;
      if (end > (row + 1) * length) throw new RangeError(`row ${row}: more than ${length} tokens`);
      tokens.set(document.tokens, at);
      targets.set(document.trained, at);
      targets[at] = 0;
      at = end;
    }
  }
  const segments = documents.map((own) => own.map((document) => document.tokens.length));
  return { rows: documents.length, length, tokens, segments, targets };
}

/** One sequence to a row, padded on the right to the longest. */
export function padRows(sequences: readonly TokenSequence[], padToken: number): Rows {
  const length = Math.max(...sequences.map(({ tokens }) => tokens.length));
  return layRows(
    sequences.map((sequence) => [sequence]),
    length,
    padToken,
  );
}

/** The rows in parts of at most `tokens` places each, and of one row at least. */
export function splitRows(rows: Rows, tokens: number): Rows[] {
  const step = Math.max(1, Math.floor(tokens / rows.length));
  const parts: Rows[] = [];
  for (let row = 0; row < rows.rows; row += step) {
    parts.push(sliceRows(rows, row, Math.min(row + step, rows.rows)));
  }
  return parts;
}

/** The rows `from` … `to` − 1, over the same memory. */
function sliceRows(rows: Rows, from: number, to: number): Rows {
  const [start, end] = [from * rows.length, to * rows.length];
  return {
    rows: to - from,
    length: rows.length,
    tokens: rows.tokens.subarray(start, end),
    segments: rows.segments.slice(from, to),
    targets: rows.targets.subarray(start, end),
  };
}

/** A rank's share of the rows of micro-batches: those of about as many places as the others have, one behind the other. */
export function shareOfRows(microBatches: readonly Rows[], ranks: Pick<Ranks, 'rank' | 'size'>): Rows[] {
  if (ranks.size === 1) return [...microBatches];
  const [from, to] = shareByCost(
    microBatches.flatMap(({ rows, length }) => Array.from({ length: rows }, () => length)),
    ranks,
  );
  let start = 0;
  return microBatches.flatMap((rows) => {
    const [first, last] = [Math.max(from - start, 0), Math.min(to - start, rows.rows)];
    start += rows.rows;
    return first < last ? [sliceRows(rows, first, last)] : [];
  });
}

/** Number of tokens to be predicted. */
export function countTargets(rows: readonly Rows[]): number {
  return rows.reduce((sum, { targets }) => sum + targets.reduce((count, one) => count + one, 0), 0);
}

/** Number of tokens, padding left out. */
export function countTokens(rows: readonly Rows[]): number {
  return rows.flatMap(({ segments }) => segments.flat()).reduce((sum, length) => sum + length, 0);
}

/** Share of the places that hold a token, 0..1; 0 when there are no rows. */
export function utilisation(rows: readonly Rows[]): number {
  const places = rows.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return places === 0 ? 0 : countTokens(rows) / places;
}
