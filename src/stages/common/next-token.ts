/**
 * @file One optimiser step of next-token prediction on rows of tokens: the shared part of pre-training and fine-tuning.
 *
 * The loss is the mean cross-entropy over all targets of the step, whatever micro-batches they come in. Attention stays
 * inside a document and positions restart with each, so that packing changes nothing but speed.
 */
import { countTargets, type Rows } from '../../data/index.ts';
import { type ForwardInput, type LanguageModel, statesPass } from '../../models/index.ts';
import { LogprobPass } from '../../rl/loss/index.ts';
import { LESS_MEMORY } from '../../rl/settings.ts';
import type { Metrics } from '../../rl/training-loop.ts';
import type { Learner, StepResult } from '../../rl/update/index.ts';
import { explainOutOfMemory, indices, scope } from '../../torch/index.ts';

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
  const sums: Sums = { loss: 0, entropy: 0, correct: 0 };
  const withTargets = microBatches.filter((rows) => rows.targets.includes(1));
  const step = explainOutOfMemory(LESS_MEMORY, () =>
    learner.step(withTargets, (rows) => {
      const part = backwardRows(learner.model, rows, targets, recompute);
      for (const key of Object.keys(sums) as (keyof Sums)[]) sums[key] += part[key];
    }),
  );
  const { loss, entropy, correct } = sums;
  return { ...step, loss: loss / targets, entropy: entropy / targets, accuracy: correct / targets, targets };
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
 * @returns sums over these targets
 */
export function backwardRows(model: LanguageModel, rows: Rows, normaliser: number, recompute = false): Sums {
  return scope(() => {
    const { device } = model;
    const places = Int32Array.from(targetPlaces(rows));
    const trunk = statesPass(model, inputOf(rows, device), recompute);
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
    const pass = new LogprobPass(model, states, targets, model.config.vocabSize, { accuracy: true });
    const total = pass.logprobs.sum();
    pass.backward(total.div(-normaliser));
    trunk.backward();
    return { loss: -total.item(), entropy: pass.entropy.sum().item(), correct: pass.correct!.sum().item() };
  });
}

function targetPlaces({ targets }: Rows): number[] {
  const places: number[] = [];
  for (const [place, target] of targets.entries()) if (target === 1) places.push(place);
  return places;
}

/** Rows of one document each, padded on the right, need no segments: a causal model never looks at what follows. */
function inputOf({ rows, length, tokens: ids, segments }: Rows, device: string): ForwardInput {
  const tokens = indices(ids, [rows, length], device);
  return segments.some((own) => own.length > 1) ? { tokens, segments } : { tokens };
}
