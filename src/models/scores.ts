/**
 * @file Scores of whole texts: what a model with a scalar head says at the last token of each.
 */
import { type MicroBatching, microBatches } from '../bucket.ts';
import { indices, noGrad, scope, type Tensor } from '../torch/index.ts';
import type { Routing } from './layers/index.ts';
import { statesPass } from './recompute.ts';
import { type LaidOut, type LayoutOptions, layOut } from './sequences.ts';
import type { ValueModel } from './value-model.ts';

export type EndScoreOptions = Omit<LayoutOptions, 'device'>;

export interface EndScorePass {
  readonly recompute?: boolean;
  /** What the pass asks of the model's routers. @param length - tokens of a row */
  readonly routing?: (laidOut: LaidOut, length: number) => Routing | undefined;
}

/**
 * The value at the last token of each sequence, float32 [B]; differentiable.
 * @param sequences - token ids, one at least in each
 */
export function endScores(
  model: ValueModel,
  sequences: readonly Int32Array[],
  options: EndScoreOptions,
): Tensor {
  return scope(() => endScoresPass(model, sequences, options).scores);
}

/**
 * As endScores, with its backward pass; activations may be recomputed: see statesPass. The caller’s scope must outlive the
 * pass.
 */
export function endScoresPass(
  model: ValueModel,
  sequences: readonly Int32Array[],
  options: EndScoreOptions & EndScorePass,
): { readonly scores: Tensor; backward(): void } {
  const { device, trunk } = model;
  const laidOut = layOut(sequences, { ...options, device });
  const { input, starts } = laidOut;
  const routing = options.routing?.(laidOut, input.tokens.size(1));
  const ends = starts.map((start, i) => start + sequences[i]!.length - 1);
  const { states, backward } = statesPass(trunk, { ...input, routing }, options.recompute ?? false);
  const last = states.flatten(0, 1).indexSelect(0, indices(ends, undefined, device));
  return { scores: model.score.forward(last), backward };
}

export type ScoringOptions = EndScoreOptions & MicroBatching;

/** As endScores without history, in micro-batches; scores in the order of the sequences. */
export function scoreSequences(
  model: ValueModel,
  sequences: readonly Int32Array[],
  options: ScoringOptions,
): Float64Array {
  const scores = new Float64Array(sequences.length);
  const lengths = sequences.map(({ length }) => length);
  for (const bucket of microBatches(lengths, options)) {
    const own = bucket.map((i) => sequences[i]!);
    const found = noGrad(() => scope(() => endScores(model, own, options).toArray()));
    for (const [k, i] of bucket.entries()) scores[i] = found[k]!;
  }
  return scores;
}
