/**
 * @file One optimiser step of next-token prediction on rows of tokens: the shared part of pre-training and fine-tuning.
 *
 * The loss is the mean cross-entropy over all targets of the step, whatever micro-batches they come in. Attention stays
 * inside a document and positions restart with each, so that packing changes nothing but speed.
 */
import { countTargets, countTokens, type Rows, shareOfRows } from '../../data/index.ts';
import { type ForwardInput, type LanguageModel, statesPass } from '../../models/index.ts';
import type { Ranks } from '../../ranks.ts';
import { backwardSum } from '../../rl/loss/index.ts';
import { LESS_MEMORY } from '../../rl/settings.ts';
import type { Metrics } from '../../rl/training-loop.ts';
import type { Learner, StepResult } from '../../rl/update/index.ts';
import {
  cat,
  dispose,
  explainOutOfMemory,
  indices,
  keep,
  noGrad,
  scope,
  stack,
  type Tensor,
} from '../../torch/index.ts';
import { backwardPredictors, type PredictorLossOptions } from './predictor-loss.ts';

export interface NextTokenResult extends StepResult {
  /** Mean cross-entropy of a target, nats. */
  readonly loss: number;
  /** Mean entropy of the prediction at a target, nats. */
  readonly entropy: number;
  /** Share of targets that are the most probable token. */
  readonly accuracy: number;
  readonly targets: number;
  /** Of the predictors of further tokens, where they are trained: means over their targets, as above. */
  readonly mtp?: { readonly loss: number; readonly accuracy: number };
}

export interface NextTokenOptions {
  /** Activations are computed again in the backward pass. */
  readonly recompute?: boolean;
  /** Trains the model's predictors of further tokens with this weight λ. */
  readonly mtp?: { readonly weight: number } | undefined;
}

/** Sums over targets; the last three over those of predictors. */
type Sums = Record<(typeof SUMS)[number], number>;
const SUMS = ['logprobs', 'entropy', 'correct', 'mtpLogprobs', 'mtpCorrect', 'mtpTargets'] as const;

/**
 * Updates the model once. Micro-batches without targets are skipped.
 * @param microBatches - of all ranks
 * @throws UserError as Learner.step does, or where the device's memory does not suffice
 */
export function nextTokenStep(
  learner: Learner,
  microBatches: readonly Rows[],
  options: NextTokenOptions = {},
): NextTokenResult {
  const targets = countTargets(microBatches);
  const tokens = countTokens(microBatches);
  const parts: Tensor[] = [];
  const withTargets = microBatches.filter((rows) => rows.targets.includes(1));
  const own = shareOfRows(withTargets, learner.ranks).filter((rows) => rows.targets.includes(1));
  const step = explainOutOfMemory(LESS_MEMORY, () =>
    learner.step(own, (rows) =>
      scope(() => {
        const routing: RowsOptions['routing'] = (sequences, length) =>
          learner.routing({ sequences }, length, tokens);
        parts.push(keep(backwardRows(learner.model, rows, targets, { ...options, routing })));
      }),
    ),
  );
  const sums = sumsOf(parts, learner.ranks);
  const further = sums.mtpTargets;
  return {
    ...step,
    loss: -sums.logprobs / targets,
    entropy: sums.entropy / targets,
    accuracy: sums.correct / targets,
    targets,
    ...(further > 0 && { mtp: { loss: -sums.mtpLogprobs / further, accuracy: sums.mtpCorrect / further } }),
  };
}

/** Reads what backwardRows left on the device, after the step: to read it sooner would have the device wait. */
function sumsOf(parts: readonly Tensor[], ranks: Ranks): Sums {
  const sums = Object.fromEntries(SUMS.map((name) => [name, 0])) as Sums;
  const own = parts.map((part) => part.toArray());
  dispose(parts);
  for (const part of ranks.gather(own).flat()) {
    for (const [i, value] of part.entries()) sums[SUMS[i]!] += value;
  }
  return sums;
}

/** What a step did, under its names in metrics.jsonl. */
export function nextTokenMetrics(result: NextTokenResult): Metrics {
  return {
    loss: result.loss,
    grad_norm: result.gradNorm,
    learning_rate: result.learningRate,
    mean_token_accuracy: result.accuracy,
    entropy: result.entropy,
    ...(result.mtp && { 'mtp/loss': result.mtp.loss, 'mtp/accuracy': result.mtp.accuracy }),
  };
}

export interface RowsOptions extends NextTokenOptions, Pick<PredictorLossOptions, 'routing'> {}

/**
 * Accumulates the gradient of Σ cross-entropy / `normaliser` over the targets of the rows, and that of the predictors' loss.
 * @returns sums over these targets, [3]: log-probabilities, entropies, targets that are the most probable token; with
 *   predictors [6], see backwardPredictors
 */
export function backwardRows(
  model: LanguageModel,
  rows: Rows,
  normaliser: number,
  { recompute = false, mtp, routing }: RowsOptions = {},
): Tensor {
  return scope(() => {
    const { device } = model;
    const places = targetPlaces(rows);
    const input = { ...inputOf(rows, device), routing: routing?.(rows.segments, rows.length) };
    const trunk = statesPass(model, input, recompute);
    // Losses meet in the states: their gradients are added there and go on together.
    const whole = mtp === undefined ? trunk.states : trunk.states.detach().requiresGrad_();
    const predictors = indices(
      places.map((place) => place - 1),
      undefined,
      device,
    );
    const states = whole.flatten(0, 1).indexSelect(0, predictors);
    const targets = indices(
      places.map((place) => rows.tokens[place]!),
      undefined,
      device,
    );
    const { vocabSize } = model.config;
    const { logprobs, entropy, correct } = backwardSum(model, states, targets, vocabSize, -normaliser);
    const further =
      mtp === undefined ? [] : [backwardPredictors(model, whole, rows, { ...mtp, normaliser, routing })];
    if (mtp !== undefined) trunk.states.backward(whole.grad!);
    trunk.backward();
    return noGrad(() => {
      const own = stack([logprobs.sum(), entropy.sum(), correct!.sum().to(logprobs.dtype)]);
      return cat([own, ...further]);
    });
  });
}

function targetPlaces({ targets }: Rows): Int32Array {
  const places = new Int32Array(targets.length);
  let count = 0;
  for (let place = 0; place < targets.length; place++) if (targets[place] === 1) places[count++] = place;
  return places.subarray(0, count);
}

/** Rows of one document each, padded on the right, need no segments: a causal model never looks at what follows. */
function inputOf({ rows, length, tokens: ids, segments }: Rows, device: string): ForwardInput {
  const tokens = indices(ids, [rows, length], device);
  return segments.some((own) => own.length > 1) ? { tokens, segments } : { tokens };
}
