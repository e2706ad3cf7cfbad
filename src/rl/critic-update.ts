/**
 * @file The critic's side of an optimiser step: values → clipped squared error → gradient.
 *
 * Every token of the step counts the same, over the whole step: micro-batches only share out the work.
 */
import { microBatchesOf } from '../bucket.ts';
import { type ScalarHead, statesPass } from '../models/index.ts';
import type { Batch, Sample } from '../records.ts';
import { scope, type Tensor } from '../torch/index.ts';
import type { Critic } from './critic.ts';
import {
  collate,
  type LossConfig,
  lossMask,
  type PassOptions,
  type PolicyTensors,
  predictorStates,
  toResponses,
  valueLoss,
} from './loss/index.ts';
import type { StepResult } from './update/index.ts';

/** Sums over a micro-batch or a step. */
export interface ValueStatistics {
  /** Mean over the tokens of the step, or a micro-batch's part of it. */
  readonly loss: number;
  /** Tokens on which the clip acted. */
  readonly clipped: number;
}

/** What one optimiser step did to a critic; of a shared one, to its head. */
export interface CriticUpdateResult extends StepResult, ValueStatistics {
  readonly tokens: number;
}

export interface ValueLossOptions {
  readonly config: Pick<Critic['config'], 'clip'>;
  /** Tokens of the whole step. */
  readonly tokens: number;
}

/**
 * A micro-batch's part of the value loss.
 * @param states - [N, D], differentiable
 */
export function criticLoss(
  head: ScalarHead,
  states: Tensor,
  batch: PolicyTensors,
  { config, tokens }: ValueLossOptions,
): { loss: Tensor; statistics: ValueStatistics } {
  const { mask, oldValues, returns } = batch;
  if (oldValues === undefined || returns === undefined) {
    throw new TypeError('the value loss needs samples with values and returns');
  }
  return scope(() => {
    const values = toResponses(head.forward(states), batch);
    const { losses, clipped } = valueLoss(
      { values, oldValues, returns },
      config.clip ?? Number.POSITIVE_INFINITY,
    );
    const loss = losses.mul(mask).sum().div(tokens);
    return { loss, statistics: { loss: loss.item(), clipped: clipped.mul(mask).sum().item() } };
  });
}

/** Updates a critic with a trunk of its own once on all samples of the batch. */
export function updateCritic(
  { trunk, head, learner, config }: Critic,
  batch: Batch,
  options: PassOptions & { readonly loss: LossConfig; readonly recompute?: boolean },
): CriticUpdateResult {
  const samples = batch.samples.filter((sample) => lossMask(sample, options.loss));
  const tokens = tokensOf(samples);
  const parts: ValueStatistics[] = [];
  const sizes = samples.map(
    ({ scored: { completion } }) => completion.promptTokens.length + completion.tokens.length,
  );
  const read = sizes.reduce((sum, size) => sum + size, 0);
  const step = learner.step(microBatchesOf(learner.ranks, sizes, options), (bucket) =>
    scope(() => {
      const micro = collate(
        bucket.map((i) => samples[i]!),
        // The weights are the policy's: the critic has its own rule.
        {
          weights: new Float64Array(bucket.length),
          padToken: options.padToken,
          packed: options.packed,
          device: trunk.device,
        },
      );
      const routing = learner.routing(micro, micro.input.tokens.size(1), read);
      const pass = statesPass(trunk, { ...micro.input, routing }, options.recompute ?? false);
      const states = predictorStates(pass.states, micro);
      const { loss, statistics } = criticLoss(head, states, micro, { config, tokens });
      loss.backward();
      pass.backward();
      parts.push(statistics);
    }),
  );
  return { ...step, ...valueTotals(learner.ranks.gather(parts).flat()), tokens };
}

/** Response tokens of samples. */
export function tokensOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { scored }) => sum + scored.completion.tokens.length, 0);
}

/** The statistics of a step from those of its micro-batches. */
export function valueTotals(parts: readonly ValueStatistics[]): ValueStatistics {
  return {
    loss: parts.reduce((sum, { loss }) => sum + loss, 0),
    clipped: parts.reduce((sum, { clipped }) => sum + clipped, 0),
  };
}
