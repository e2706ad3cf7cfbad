/**
 * @file One optimiser step of next-token prediction on rows of tokens: the shared part of pre-training and fine-tuning.
 *
 * The loss is the mean cross-entropy over all targets of the step, whatever micro-batches they come in. Attention stays
 * inside a document and positions restart with each, so that packing changes nothing but speed.
 */
import { countTargets, countTokens, type Rows } from '../../data/index.ts';
import { type ForwardInput, type LanguageModel, type Routing, statesPass } from '../../models/index.ts';
import { backwardSum } from '../../rl/loss/index.ts';
import { LESS_MEMORY } from '../../rl/settings.ts';
import type { Metrics } from '../../rl/training-loop.ts';
import type { Learner, StepResult } from '../../rl/update/index.ts';
import { explainOutOfMemory, indices, keep, noGrad, scope, stack, type Tensor } from '../../torch/index.ts';

export interface NextTokenResult extends StepResult {
  /** Mean cross-entropy of a target, nats. */
  readonly loss: number;
  /** Mean entropy of the prediction at a target, nats. */
  readonly entropy: number;
  /** Share of targets that are the most probable token. */
  readonly accuracy: number;
  readonly targets: number;
}

export interface NextTokenOptions {
  /** Activations are computed again in the backward pass. */
  readonly recompute?: boolean;
}

/** Sums over targets. */
type Sums = Record<'loss' | 'entropy' | 'correct', number>;

/**
 * Updates the model once. Micro-batches without targets are skipped.
 * @throws UserError as Learner.step does, or where the device's memory does not suffice
 */
export function nextTokenStep(
  learner: Learner,
  microBatches: readonly Rows[],
  { recompute = false }: NextTokenOptions = {},
): NextTokenResult {
  const targets = countTargets(microBatches);
  const tokens = countTokens(microBatches);
  const parts: Tensor[] = [];
  const withTargets = microBatches.filter((rows) => rows.targets.includes(1));
  const step = explainOutOfMemory(LESS_MEMORY, () =>
    learner.step(withTargets, (rows) =>
      scope(() => {
        const routing = learner.routing({ sequences: rows.segments }, rows.length, tokens);
        parts.push(keep(backwardRows(learner.model, rows, targets, { recompute, routing })));
      }),
    ),
  );
  const { loss, entropy, correct } = sumsOf(parts);
  return { ...step, loss: loss / targets, entropy: entropy / targets, accuracy: correct / targets, targets };
}

/** Reads what backwardRows left on the device, after the step: to read it sooner would have the device wait. */
function sumsOf(parts: readonly Tensor[]): Sums {
  const sums: Sums = { loss: 0, entropy: 0, correct: 0 };
  for (const part of parts) {
    const [logprobs, entropy, correct] = part.toArray() as [number, number, number];
    sums.loss -= logprobs;
    sums.entropy += entropy;
    sums.correct += correct;
    part.dispose();
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
  };
}

/**
 * Accumulates the gradient of Σ cross-entropy / `normaliser` over the targets of the rows.
 * @returns sums over these targets, [3]: log-probabilities, entropies, targets that are the most probable token
 */
export function backwardRows(
  model: LanguageModel,
  rows: Rows,
  normaliser: number,
  { recompute = false, routing }: NextTokenOptions & { readonly routing?: Routing | undefined } = {},
): Tensor {
  return scope(() => {
    const { device } = model;
    const places = targetPlaces(rows);
    const trunk = statesPass(model, { ...inputOf(rows, device), routing }, recompute);
    const predictors = indices(
      places.map((place) => place - 1),
      undefined,
      device,
    );
    const states = trunk.states.flatten(0, 1).indexSelect(0, predictors);
    const targets = indices(
      places.map((place) => rows.tokens[place]!),
      undefined,
      device,
    );
    const { vocabSize } = model.config;
    const { logprobs, entropy, correct } = backwardSum(model, states, targets, vocabSize, -normaliser);
    trunk.backward();
    return noGrad(() => stack([logprobs.sum(), entropy.sum(), correct!.sum().to(logprobs.dtype)]));
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
