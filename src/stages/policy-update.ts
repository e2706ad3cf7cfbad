/**
 * @file One optimiser step of the policy on a batch of samples: log-probabilities → loss → gradient → update.
 */
import { bucketByLength } from '../data/index.ts';
import {
  collate,
  type LossConfig,
  type PolicyStatistics,
  type PolicyTensors,
  policyLoss,
  sequenceWeights,
  topEntropy,
  toResponses,
} from '../loss/index.ts';
import type { CausalLM } from '../models/index.ts';
import type { Batch, Sample } from '../records.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import type { Learner, StepResult } from '../update/index.ts';
import { logprobsOf, type PassOptions } from './logprobs.ts';

export interface PolicyUpdateOptions extends PassOptions {
  readonly loss: LossConfig;
  /** Longest response that is sampled: the divisor of the aggregation `constant` unless the loss names one. */
  readonly maxTokens: number;
  /** π_ref, needed where the KL is in the loss. */
  readonly reference?: CausalLM | undefined;
}

/** Sums over the batch; see PolicyStatistics. */
export interface PolicyUpdateResult extends StepResult, PolicyStatistics {
  readonly loss: number;
  /** Σ of the policy's entropy over response tokens. */
  readonly entropy: number;
}

type MicroBatchResult = PolicyStatistics & Pick<PolicyUpdateResult, 'loss' | 'entropy'>;

/** A sample counts where something could score it, it has a token, and it was not cut where that is asked for. */
export function counts({ scored: { reward, completion } }: Sample, { maskTruncated }: LossConfig): boolean {
  const cut = maskTruncated && completion.finish === 'length';
  return reward !== null && completion.tokens.length > 0 && !cut;
}

/**
 * Updates the policy once on all samples of the batch. Everything that is counted or compared (weights, the entropy
 * threshold) is so over the whole batch: micro-batches only share out the work.
 */
export function updatePolicy(
  learner: Learner,
  batch: Batch,
  options: PolicyUpdateOptions,
): PolicyUpdateResult {
  const { loss } = options;
  const samples = batch.samples.filter((sample) => counts(sample, loss));
  const lengths = samples.map((sample) => sample.scored.completion.tokens.length);
  const weights = sequenceWeights(loss.aggregation, lengths, loss.divisor ?? options.maxTokens);
  const selected = selectedTokens(samples, loss.entropy.topFraction);
  const sizes = samples.map(({ scored }, i) => scored.completion.promptTokens.length + lengths[i]!);
  const parts: MicroBatchResult[] = [];
  const step = learner.step(bucketByLength(sizes, options.tokensPerMicroBatch), (bucket) => {
    const pick = <T>(values: ArrayLike<T>): T[] => bucket.map((i) => values[i]!);
    const micro = scope(() => {
      const tensors = collate(pick(samples), {
        weights: pick(weights),
        selected: selected && pick(selected),
        padToken: options.padToken,
        device: learner.model.device,
      });
      return backwardMicroBatch(learner.model, tensors, options);
    });
    parts.push(micro);
  });
  return { ...step, ...totals(parts) };
}

/** 1 on the most uncertain tokens of the batch; nothing where all are learnt from. */
function selectedTokens(samples: readonly Sample[], fraction: number): Float32Array[] | undefined {
  if (fraction === 1) return undefined;
  return topEntropy(
    samples.map(({ entropies }) => {
      if (entropies === undefined) throw new TypeError('entropy.topFraction needs the entropies of samples');
      return entropies;
    }),
    fraction,
  );
}

/** Accumulates the gradient of one micro-batch; returns its part of the step's statistics. */
function backwardMicroBatch(
  model: CausalLM,
  batch: PolicyTensors,
  { loss: config, temperature, reference }: PolicyUpdateOptions,
): MicroBatchResult {
  const entropyGradient = config.entropy.bonus > 0;
  const pass = logprobsOf(model, batch, { temperature, entropyGradient });
  const { loss, statistics } = policyLoss(
    {
      ...batch,
      logprobs: toResponses(pass.logprobs, batch),
      entropy: entropyGradient ? toResponses(pass.entropy, batch) : undefined,
      referenceLogprobs: reference && referenceOf(reference, batch, temperature),
    },
    config,
  );
  pass.backward(loss);
  return { ...statistics, loss: loss.item(), entropy: pass.entropy.detach().sum().item() };
}

function referenceOf(reference: CausalLM, batch: PolicyTensors, temperature: number): Tensor {
  return noGrad(() =>
    scope(() => toResponses(logprobsOf(reference, batch, { temperature }).logprobs, batch)),
  );
}

const NOTHING: MicroBatchResult = {
  loss: 0,
  entropy: 0,
  tokens: 0,
  clippedHigh: 0,
  clippedLow: 0,
  approximateKl: 0,
  distance: 0,
  kl: 0,
  masked: 0,
  bounded: 0,
  overflow: 0,
};

function totals(parts: readonly MicroBatchResult[]): MicroBatchResult {
  const names = Object.keys(NOTHING) as (keyof MicroBatchResult)[];
  const sums = { ...NOTHING } as Record<keyof MicroBatchResult, number>;
  for (const part of parts) for (const name of names) sums[name] += part[name];
  return sums;
}
