/**
 * @file Scores of whole texts: what a model with a scalar head says at the last token of each.
 *
 * Right padding needs no attention mask: a causal model never looks at what follows.
 */
import { bucketByLength } from '../bucket.ts';
import { indices, noGrad, scope, type Tensor } from '../torch/index.ts';
import { statesPass } from './recompute.ts';
import type { ValueModel } from './value-model.ts';

/**
 * The value at the last token of each sequence, float32 [B]; differentiable.
 * @param sequences - token ids, one at least in each
 * @param padToken - any id of the vocabulary: nothing depends on it
 */
export function endScores(model: ValueModel, sequences: readonly Int32Array[], padToken: number): Tensor {
  return scope(() => endScoresPass(model, sequences, padToken, false).scores);
}

/**
 * As endScores, with the way back of a pass that may be recomputed: see statesPass. The caller's scope must outlive the
 * pass.
 */
export function endScoresPass(
  model: ValueModel,
  sequences: readonly Int32Array[],
  padToken: number,
  recompute: boolean,
): { readonly scores: Tensor; backward(): void } {
  const B = sequences.length;
  const T = Math.max(...sequences.map(({ length }) => length));
  const rows = new Int32Array(B * T).fill(padToken);
  const ends = new Int32Array(B);
  for (const [i, sequence] of sequences.entries()) {
    if (sequence.length === 0) throw new RangeError(`sequence ${i} is empty: there is no last token`);
    rows.set(sequence, i * T);
    ends[i] = i * T + sequence.length - 1;
  }
  const { states, backward } = statesPass(
    model.trunk,
    { tokens: indices(rows, [B, T], model.device) },
    recompute,
  );
  const last = states.flatten(0, 1).indexSelect(0, indices(ends, undefined, model.device));
  return { scores: model.score.forward(last), backward };
}

export interface ScoringOptions {
  /** Padded tokens in one pass. */
  readonly tokensPerMicroBatch: number;
  readonly padToken: number;
}

/** As endScores without history, in micro-batches of like length; scores in the order of the sequences. */
export function scoreSequences(
  model: ValueModel,
  sequences: readonly Int32Array[],
  { tokensPerMicroBatch, padToken }: ScoringOptions,
): Float64Array {
  const scores = new Float64Array(sequences.length);
  const lengths = sequences.map(({ length }) => length);
  for (const bucket of bucketByLength(lengths, tokensPerMicroBatch)) {
    const own = bucket.map((i) => sequences[i]!);
    const found = noGrad(() => scope(() => endScores(model, own, padToken).toArray()));
    for (const [k, i] of bucket.entries()) scores[i] = found[k]!;
  }
  return scores;
}
