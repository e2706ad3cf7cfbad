/**
 * @file Completions and samples → the tensors of a micro-batch.
 *
 * Sequences are padded on the right, and everything per token is aligned with the response. Right padding needs no
 * attention mask: a causal model never looks at what follows. Row i holds prompt and response; the hidden state at column
 * p−1+j predicts response token j.
 */
import type { Completion, Sample } from '../../records.ts';
import { indices, scope, type Tensor, tensor, zeros } from '../../torch/index.ts';

/** Sequences. B of them, T tokens in the longest, R in the longest response, N response tokens in all. */
export interface SequenceTensors {
  /** int64 [B, T] */
  readonly tokens: Tensor;
  /** Places in [B·T] whose hidden state predicts a response token, int64 [N] */
  readonly predictors: Tensor;
  /** The response tokens, int64 [N] */
  readonly targets: Tensor;
  /** Their places in [B·R], int64 [N] */
  readonly places: Tensor;
  readonly responseShape: readonly [batch: number, longest: number];
}

/** A micro-batch of samples. */
export interface PolicyTensors extends SequenceTensors {
  /** 1 on response tokens, float32 [B, R] */
  readonly mask: Tensor;
  /** log π_old, float32 [B, R]: the trainer's where a sample has them, else the sampler's */
  readonly oldLogprobs: Tensor;
  /** The sampler's log-probabilities, float32 [B, R] */
  readonly samplerLogprobs: Tensor;
  /** float32 [B, R] */
  readonly advantages: Tensor;
  /** Weight of each token in the step's loss, float32 [B, R] */
  readonly weights: Tensor;
  /** 1 on tokens the policy loss learns from, float32 [B, R]; all where left out */
  readonly selected?: Tensor;
  /** V when the rollout was first looked at, and what it should have been, float32 [B, R]; only with a critic */
  readonly oldValues?: Tensor;
  readonly returns?: Tensor;
}

export interface CollateOptions {
  /** Weight of each sample's tokens, see sequenceWeights. */
  readonly weights: ArrayLike<number>;
  /** 1 on each sample's tokens that the policy loss learns from; all unless given. */
  readonly selected?: readonly Float32Array[] | undefined;
  /** Any id of the vocabulary: nothing depends on it. */
  readonly padToken: number;
  readonly device: string;
}

export function collate(samples: readonly Sample[], options: CollateOptions): PolicyTensors {
  const { weights, selected, padToken, device } = options;
  const completions = samples.map(({ scored }) => scored.completion);
  const sequences = collateSequences(completions, padToken, device);
  const laidOut = (rowOf: (sample: Sample, i: number) => ArrayLike<number> | number): Tensor =>
    responseTensor(
      samples.map(rowOf),
      completions.map(({ tokens }) => tokens.length),
      sequences.responseShape,
      device,
    );
  return {
    ...sequences,
    mask: laidOut(() => 1),
    oldLogprobs: laidOut(({ oldLogprobs, scored }) => oldLogprobs ?? scored.completion.logprobs),
    samplerLogprobs: laidOut(({ scored }) => scored.completion.logprobs),
    advantages: laidOut(({ advantages }) => advantages),
    weights: laidOut((_, i) => weights[i]!),
    ...(selected && { selected: laidOut((_, i) => selected[i]!) }),
    ...(samples[0]?.values && {
      oldValues: laidOut(({ values }) => values!),
      returns: laidOut(({ returns }) => returns!),
    }),
  };
}

/** Prompts and responses as a model reads them. */
export function collateSequences(
  completions: readonly Completion[],
  padToken: number,
  device: string,
): SequenceTensors {
  const B = completions.length;
  const T = Math.max(...completions.map(({ promptTokens, tokens }) => promptTokens.length + tokens.length));
  const R = Math.max(...completions.map(({ tokens }) => tokens.length));
  const total = completions.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const rows = new Int32Array(B * T).fill(padToken);
  const predictors = new Int32Array(total);
  const targets = new Int32Array(total);
  const places = new Int32Array(total);
  let n = 0;
  for (const [i, { promptTokens: prompt, tokens: response }] of completions.entries()) {
    rows.set(prompt, i * T);
    rows.set(response, i * T + prompt.length);
    for (let j = 0; j < response.length; j++, n++) {
      predictors[n] = i * T + prompt.length - 1 + j;
      targets[n] = response[j]!;
      places[n] = i * R + j;
    }
  }
  return {
    tokens: indices(rows, [B, T], device),
    predictors: indices(predictors, undefined, device),
    targets: indices(targets, undefined, device),
    places: indices(places, undefined, device),
    responseShape: [B, R],
  };
}

/** Rows of numbers, or one number for a whole row, as float32 [B, R] with 0 on padding. */
function responseTensor(
  rows: readonly (ArrayLike<number> | number)[],
  lengths: readonly number[],
  [B, R]: readonly [number, number],
  device: string,
): Tensor {
  const data = new Float32Array(B * R);
  for (const [i, row] of rows.entries()) {
    if (typeof row === 'number') data.fill(row, i * R, i * R + lengths[i]!);
    else data.set(row, i * R);
  }
  return tensor(data, [B, R], { device });
}

/** Values of response tokens [N] laid out as [B, R], 0 on padding; differentiable. */
export function toResponses(values: Tensor, batch: SequenceTensors): Tensor {
  const [B, R] = batch.responseShape;
  return scope(() =>
    zeros([B * R], { device: values.device, dtype: values.dtype })
      .indexCopy(0, batch.places, values)
      .view([B, R]),
  );
}

/** Hidden states [B, T, D] at the places that predict response tokens → [N, D]. */
export function predictorStates(hidden: Tensor, batch: SequenceTensors): Tensor {
  return scope(() => hidden.flatten(0, 1).indexSelect(0, batch.predictors));
}
