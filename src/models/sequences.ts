/**
 * @file Token sequences → the input of a pass: a row each, padded on the right, or all end to end in one row.
 *
 * Right padding needs no attention mask: a causal model never looks at what follows. In one row nothing is padding, and
 * the model is told where each sequence lies.
 */
import { indices } from '../torch/index.ts';
import type { ForwardInput } from './language-model.ts';

export interface LayoutOptions {
  /** Any id of the vocabulary: nothing depends on it. */
  readonly padToken: number;
  readonly device: string;
  /** End to end in one row. */
  readonly packed?: boolean | undefined;
}

/** Sequences as a model reads them. */
export interface LaidOut {
  readonly input: ForwardInput;
  /** The place of each sequence's first token in [B · T]. */
  readonly starts: Int32Array;
  /** Of each row the lengths of the sequences in it. */
  readonly sequences: readonly (readonly number[])[];
}

/** @param sequences - token ids, one at least in each */
export function layOut(sequences: readonly Int32Array[], options: LayoutOptions): LaidOut {
  const { padToken, device, packed = false } = options;
  const lengths = sequences.map(({ length }) => length);
  const empty = lengths.indexOf(0);
  if (empty >= 0) throw new RangeError(`sequence ${empty} is empty: there is no last token`);
  const T = packed ? lengths.reduce((sum, length) => sum + length, 0) : Math.max(...lengths);
  const B = packed ? 1 : sequences.length;
  const starts = new Int32Array(sequences.length);
  const rows = new Int32Array(B * T).fill(padToken);
  let end = 0;
  for (const [i, sequence] of sequences.entries()) {
    const start = packed ? end : i * T;
    rows.set(sequence, start);
    starts[i] = start;
    end = start + sequence.length;
  }
  const tokens = indices(rows, [B, T], device);
  const apart = packed && sequences.length > 1;
  return {
    input: apart ? { tokens, segments: [lengths] } : { tokens },
    starts,
    sequences: packed ? [lengths] : lengths.map((own) => [own]),
  };
}
