/**
 * @file Samples → tensors: sequences padded on the right, everything per token aligned with the response.
 *
 * Right padding needs no attention mask: a causal model never looks at what follows. Row i holds prompt and response;
 * the hidden state at column p−1+j predicts response token j.
 */
import type { Sample } from '../records.ts';
import { indices, scope, type Tensor, tensor, zeros } from '../tensor/index.ts';

/** A micro-batch. B samples, T tokens in the longest sequence, R in the longest response, N response tokens in all. */
export interface PolicyTensors {
  /** int64 [B, T] */
  readonly tokens: Tensor;
  /** Places in [B·T] whose hidden state predicts a response token, int64 [N] */
  readonly predictors: Tensor;
  /** The response tokens, int64 [N] */
  readonly targets: Tensor;
  /** Their places in [B·R], int64 [N] */
  readonly places: Tensor;
  readonly responseShape: readonly [batch: number, longest: number];
  /** 1 on response tokens, float32 [B, R] */
  readonly mask: Tensor;
  /** Sampler's log-probabilities, float32 [B, R] */
  readonly oldLogprobs: Tensor;
  /** float32 [B, R] */
  readonly advantages: Tensor;
  /** Weight of each token in the step's loss, float32 [B, R] */
  readonly weights: Tensor;
}

/**
 * @param sequenceWeights - weight of each sample's tokens, see aggregate.ts
 * @param padToken - any id of the vocabulary: nothing depends on it
 */
export function collate(
  samples: readonly Sample[],
  sequenceWeights: ArrayLike<number>,
  padToken: number,
  device: string,
): PolicyTensors {
  const completions = samples.map((sample) => sample.scored.completion);
  const T = Math.max(...completions.map(({ promptTokens, tokens }) => promptTokens.length + tokens.length));
  const R = Math.max(...completions.map(({ tokens }) => tokens.length));
  const B = samples.length;
  const total = completions.reduce((sum, { tokens }) => sum + tokens.length, 0);

  const tokens = new Int32Array(B * T).fill(padToken);
  const predictors = new Int32Array(total);
  const targets = new Int32Array(total);
  const places = new Int32Array(total);
  const perToken = {
    mask: new Float32Array(B * R),
    old: new Float32Array(B * R),
    advantages: new Float32Array(B * R),
  };
  const weights = new Float32Array(B * R);
  let n = 0;
  for (const [i, { promptTokens: prompt, tokens: response, logprobs }] of completions.entries()) {
    tokens.set(prompt, i * T);
    tokens.set(response, i * T + prompt.length);
    perToken.mask.fill(1, i * R, i * R + response.length);
    perToken.old.set(logprobs, i * R);
    perToken.advantages.set(samples[i]!.advantages, i * R);
    weights.fill(sequenceWeights[i]!, i * R, i * R + response.length);
    for (let j = 0; j < response.length; j++, n++) {
      predictors[n] = i * T + prompt.length - 1 + j;
      targets[n] = response[j]!;
      places[n] = i * R + j;
    }
  }
  const onDevice = (data: Float32Array): Tensor => tensor(data, [B, R], { device });
  return {
    tokens: indices(tokens, [B, T], device),
    predictors: indices(predictors, undefined, device),
    targets: indices(targets, undefined, device),
    places: indices(places, undefined, device),
    responseShape: [B, R],
    mask: onDevice(perToken.mask),
    oldLogprobs: onDevice(perToken.old),
    advantages: onDevice(perToken.advantages),
    weights: onDevice(weights),
  };
}

/** Values of response tokens [N] laid out as [B, R], 0 on padding; differentiable. */
export function toResponses(values: Tensor, batch: PolicyTensors): Tensor {
  const [B, R] = batch.responseShape;
  return scope(() =>
    zeros([B * R], { device: values.device })
      .indexCopy(0, batch.places, values)
      .view([B, R]),
  );
}

/** Hidden states [B, T, D] at the places that predict response tokens → [N, D]. */
export function predictorStates(hidden: Tensor, batch: PolicyTensors): Tensor {
  return scope(() => hidden.flatten(0, 1).indexSelect(0, batch.predictors));
}
