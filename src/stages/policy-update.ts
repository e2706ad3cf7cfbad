/**
 * @file One optimiser step of the policy on a batch of samples: log-probabilities → loss → gradient → update.
 */
import { bucketByLength } from '../data/index.ts';
import {
  type Aggregation,
  collate,
  LogprobPass,
  type PolicyLossOptions,
  type PolicyStatistics,
  type PolicyTensors,
  policyLoss,
  predictorStates,
  sequenceWeights,
  toResponses,
} from '../loss/index.ts';
import type { CausalLM } from '../models/index.ts';
import type { Batch, Sample } from '../records.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import type { Learner, StepResult } from '../update/index.ts';

export interface PolicyUpdateOptions extends PolicyLossOptions {
  readonly aggregation: Aggregation;
  /** Divisor of the aggregation `constant`. */
  readonly divisor?: number | undefined;
  /** Sampling temperature of the rollout: the trainer divides logits by it too. */
  readonly temperature: number;
  /** Padded tokens in one forward and backward pass. */
  readonly tokensPerMicroBatch: number;
  readonly padToken: number;
  /** π_ref, needed where the KL coefficient is above 0. */
  readonly reference?: CausalLM | undefined;
}

/** Sums over the batch; see PolicyStatistics. */
export interface PolicyUpdateResult extends StepResult, PolicyStatistics {
  readonly loss: number;
  /** Σ of the policy's entropy over response tokens. */
  readonly entropy: number;
}

/** A sample counts where something could score it and it has a token. */
function counts(sample: Sample): boolean {
  return sample.scored.reward !== null && sample.scored.completion.tokens.length > 0;
}

/** Updates the policy once on all samples of the batch; their number may differ between micro-batches. */
export function updatePolicy(
  learner: Learner,
  batch: Batch,
  options: PolicyUpdateOptions,
): PolicyUpdateResult {
  const samples = batch.samples.filter(counts);
  const lengths = samples.map((sample) => sample.scored.completion.tokens.length);
  const weights = sequenceWeights(options.aggregation, lengths, options.divisor);
  const sizes = samples.map(({ scored }, i) => scored.completion.promptTokens.length + lengths[i]!);
  const totals = {
    loss: 0,
    entropy: 0,
    tokens: 0,
    clippedHigh: 0,
    clippedLow: 0,
    approximateKl: 0,
    distance: 0,
    kl: 0,
  };
  const step = learner.step(bucketByLength(sizes, options.tokensPerMicroBatch), (bucket) => {
    const part = backwardMicroBatch(
      learner.model,
      bucket.map((i) => samples[i]!),
      bucket.map((i) => weights[i]!),
      options,
    );
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += part[key];
  });
  return { ...step, ...totals };
}

/** Accumulates the gradient of one micro-batch; returns its part of the step's statistics. */
function backwardMicroBatch(
  model: CausalLM,
  samples: readonly Sample[],
  weights: readonly number[],
  options: PolicyUpdateOptions,
): PolicyStatistics & { readonly loss: number; readonly entropy: number } {
  return scope(() => {
    const batch = collate(samples, weights, options.padToken, model.device);
    const pass = logprobsOf(model, batch, options.temperature);
    const logprobs = toResponses(pass.logprobs, batch);
    const referenceLogprobs = options.reference && referenceOf(options.reference, batch, options.temperature);
    const { loss, statistics } = policyLoss(
      { ...batch, logprobs, ...(referenceLogprobs && { referenceLogprobs }) },
      options,
    );
    pass.backward(loss);
    return { ...statistics, loss: loss.item(), entropy: pass.entropy.sum().item() };
  });
}

function logprobsOf(model: CausalLM, batch: PolicyTensors, temperature: number): LogprobPass {
  const hidden = predictorStates(model.hidden({ tokens: batch.tokens }), batch);
  return new LogprobPass((states) => model.logits(states), hidden, batch.targets, model.config.vocabSize, {
    temperature,
  });
}

function referenceOf(reference: CausalLM, batch: PolicyTensors, temperature: number): Tensor {
  return noGrad(() => scope(() => toResponses(logprobsOf(reference, batch, temperature).logprobs, batch)));
}
