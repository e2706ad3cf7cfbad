/**
 * @file Completions and samples → the tensors of a micro-batch.
 *
 * Each sequence is prompt and response: the hidden state at its place p−1+j predicts response token j. The model reads
 * sequences as rows padded on the right, or end to end in one row; everything per token is aligned with the response,
 * which both leave as it is.
 */
import { type ForwardInput, type LayoutOptions, layOut } from '../../models/index.ts';
import type { Completion, Sample } from '../../records.ts';
import { indices, scope, type Tensor, tensor, zeros } from '../../torch/index.ts';
import { sampledExperts } from './sampled-experts.ts';

/** B sequences, R tokens in the longest response, N response tokens in all. */
export interface SequenceTensors {
  /** What the model reads. */
  readonly input: ForwardInput;
  /** Places in all its rows, end to end, whose hidden state predicts a response token, int64 [N] */
  readonly predictors: Tensor;
  /** The response tokens, int64 [N] */
  readonly targets: Tensor;
  /** Their places in [B·R], int64 [N] */
  readonly places: Tensor;
  readonly responseShape: readonly [batch: number, longest: number];
  /** Of each of its rows the lengths of the sequences in it. */
  readonly sequences: readonly (readonly number[])[];
  /** The sampler's experts by layer, where they are asked for and known: see sampledExperts. */
  readonly experts?: ReadonlyMap<number, Tensor> | undefined;
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

export interface SequenceOptions extends LayoutOptions {
  /** With the sampler's experts. */
  readonly experts?: boolean | undefined;
}

export interface CollateOptions extends SequenceOptions {
  /** Weight of each sample's tokens, see sequenceWeights. */
  readonly weights: ArrayLike<number>;
  /** 1 on each sample's tokens that the policy loss learns from; all unless given. */
  readonly selected?: readonly Float32Array[] | undefined;
}

export function collate(samples: readonly Sample[], options: CollateOptions): PolicyTensors {
  const { weights, selected, device } = options;
  const completions = samples.map(({ scored }) => scored.completion);
  const sequences = collateSequences(completions, options);
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
  options: SequenceOptions,
): SequenceTensors {
  const { device } = options;
  const R = Math.max(...completions.map(({ tokens }) => tokens.length));
  const total = completions.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const { input, starts, sequences } = layOut(completions.map(sequenceOf), options);
  const predictors = new Int32Array(total);
  const targets = new Int32Array(total);
  const places = new Int32Array(total);
  let n = 0;
  for (const [i, { promptTokens: prompt, tokens: response }] of completions.entries()) {
    for (let j = 0; j < response.length; j++, n++) {
      predictors[n] = starts[i]! + prompt.length - 1 + j;
      targets[n] = response[j]!;
      places[n] = i * R + j;
    }
  }
  return {
    input,
    predictors: indices(predictors, undefined, device),
    targets: indices(targets, undefined, device),
    places: indices(places, undefined, device),
    responseShape: [completions.length, R],
    sequences,
    ...(options.experts && {
      experts: sampledExperts(completions, starts, input.tokens.numel, device),
    }),
  };
}

/** Prompt and response. */
function sequenceOf({ promptTokens: prompt, tokens: response }: Completion): Int32Array {
  const sequence = new Int32Array(prompt.length + response.length);
  sequence.set(prompt);
  sequence.set(response, prompt.length);
  return sequence;
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

/** Hidden states [rows, T, D] at the places that predict response tokens → [N, D]. */
export function predictorStates(hidden: Tensor, batch: SequenceTensors): Tensor {
  return scope(() => hidden.flatten(0, 1).indexSelect(0, batch.predictors));
}
