/**
 * @file The update: a rollout's samples → minibatches, and for each log-probabilities → loss → gradient → new weights.
 *
 * One optimiser step a minibatch, of the policy and, where there is one, of the critic.
 */
import { microBatchesOf } from '../bucket.ts';
import {
  followWeights,
  type LanguageModel,
  type Routing,
  type SampledExperts,
  statesPass,
} from '../models/index.ts';
import type { Batch, Completion, Sample } from '../records.ts';
import { explainOutOfMemory, scope } from '../torch/index.ts';
import type { Critic } from './critic.ts';
import {
  type CriticUpdateResult,
  criticLoss,
  tokensOf,
  updateCritic,
  type ValueStatistics,
  valueTotals,
} from './critic-update.ts';
import {
  collate,
  type LossConfig,
  logprobsFrom,
  lossMask,
  type PassOptions,
  type PolicyStatistics,
  type PolicyTensors,
  policyLoss,
  predictorStates,
  sequenceWeights,
  topEntropy,
  toResponses,
} from './loss/index.ts';
import { shareOut } from './minibatches.ts';
import type { Prepared } from './prepare.ts';
import { type ReferencePasses, referenceLogprobs } from './reference-passes.ts';
import { passOptions, type RlRun } from './run.ts';
import { LESS_MEMORY } from './settings.ts';
import type { Learner, StepResult } from './update/index.ts';

/**
 * Updates the policy `minibatches` times on a rollout.
 * @param step - steps taken before this one
 * @param prepared - what was computed before rewards were there
 */
export function update(
  run: RlRun,
  samples: readonly Sample[],
  step: number,
  prepared: Prepared | null,
): PolicyUpdateResult[] {
  return minibatches(run, samples, step).map((batch) => updateOnce(run, batch, prepared?.references));
}

/**
 * The rollout in `minibatches` parts of nearly equal size, each a random draw from all groups. A part in which nothing
 * counts is left out: an optimiser step without a gradient would still move the weights, by its momentum.
 */
function minibatches({ config, context }: RlRun, samples: readonly Sample[], step: number): Batch[] {
  const parts = shareOut(samples, { minibatches: config.minibatches, seed: context.seed, step });
  return parts
    .filter((part) => part.some((sample) => lossMask(sample, config.loss)))
    .map((part) => ({ samples: part }));
}

/** One optimiser step of the policy, and of the critic where there is one; then, when it is due, π_ref ← π_θ. */
function updateOnce(run: RlRun, batch: Batch, references?: ReferencePasses): PolicyUpdateResult {
  const { learner, reference, critic, config } = run;
  const { loss, sampling } = config;
  const options = { ...passOptions(run), loss, recompute: config.recompute };
  const shared = critic?.config.kind === 'shared';
  const result = explainOutOfMemory(LESS_MEMORY, () => ({
    ...updatePolicy(learner, batch, {
      ...options,
      maxTokens: sampling.maxTokens,
      reference: loss.kl.in === 'loss' ? reference : undefined,
      references,
      sharedCritic: shared ? critic : undefined,
    }),
    ...(critic && !shared && { critic: updateCritic(critic, batch, options) }),
  }));
  const { referenceEvery } = loss.kl;
  if (reference && referenceEvery !== null && learner.steps % referenceEvery === 0) {
    followWeights(reference, learner.model);
    references?.clear();
  }
  return result;
}

export interface PolicyUpdateOptions extends PassOptions {
  readonly loss: LossConfig;
  /** Activations are computed again in the backward pass. */
  readonly recompute?: boolean;
  /** Longest response that is sampled: the divisor of the aggregation `constant` unless the loss names one. */
  readonly maxTokens: number;
  /** π_ref, needed where the KL is in the loss. */
  readonly reference?: LanguageModel | undefined;
  /** Its passes over micro-batches of this update, where some have been done. */
  readonly references?: ReferencePasses | undefined;
  /** A head on the policy's states, trained in the same step. */
  readonly sharedCritic?: Critic | undefined;
}

/** Sums over the batch; see PolicyStatistics. */
export interface PolicyUpdateResult extends StepResult, PolicyStatistics {
  readonly loss: number;
  /** Σ of the policy's entropy over response tokens. */
  readonly entropy: number;
  /** Tokens whose experts the sampler recorded, and those of them that a router would send elsewhere now. */
  readonly routed: number;
  readonly rerouted: number;
  /** Of the critic, where there is one. */
  readonly critic?: CriticUpdateResult;
}

type MicroBatchResult = PolicyStatistics &
  Pick<PolicyUpdateResult, 'loss' | 'entropy' | 'routed' | 'rerouted'>;

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
  const samples = batch.samples.filter((sample) => lossMask(sample, loss));
  const lengths = samples.map((sample) => sample.scored.completion.tokens.length);
  const weights = sequenceWeights(loss.aggregation, lengths, loss.divisor ?? options.maxTokens);
  const selected = selectedTokens(samples, loss.entropy.topFraction);
  const sizes = samples.map(({ scored }, i) => scored.completion.promptTokens.length + lengths[i]!);
  const tokens = tokensOf(samples);
  const read = sizes.reduce((sum, size) => sum + size, 0);
  const parts: MicroBatch[] = [];
  const buckets = microBatchesOf(learner.ranks, sizes, options);
  const step = stepWith(options.sharedCritic, learner, buckets, (bucket) => {
    const pick = <T>(values: ArrayLike<T>): T[] => bucket.map((i) => values[i]!);
    const micro = scope(() => {
      const chosen = pick(samples);
      const tensors = collate(chosen, {
        weights: pick(weights),
        selected: selected && pick(selected),
        padToken: options.padToken,
        packed: options.packed,
        experts: options.routerReplay !== undefined,
        device: learner.model.device,
      });
      return backwardMicroBatch(learner.model, tensors, {
        ...options,
        tokens,
        routing: learner.routing(tensors, tensors.input.tokens.size(1), read, sampledOf(tensors, options)),
        completions: chosen.map(({ scored }) => scored.completion),
      });
    });
    parts.push(micro);
  });
  const ofAll = learner.ranks.gather(parts).flat();
  const values = ofAll.flatMap(({ value }) => value ?? []);
  return {
    ...step.policy,
    ...totals(ofAll.map(({ policy }) => policy)),
    ...(step.head && { critic: { ...step.head, ...valueTotals(values), tokens } }),
  };
}

/** One optimiser step of the policy and, around it, one of the head on its states: they share the backward pass. */
function stepWith<T>(
  critic: Critic | undefined,
  learner: Learner,
  parts: readonly T[],
  backward: (microBatch: T) => void,
): { policy: StepResult; head?: StepResult } {
  if (critic === undefined) return { policy: learner.step(parts, backward) };
  const policy: StepResult[] = [];
  const head = critic.learner.step([parts], (all) => policy.push(learner.step(all, backward)));
  return { policy: policy[0]!, head };
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

interface MicroBatch {
  readonly policy: MicroBatchResult;
  readonly value?: ValueStatistics;
}

/** Accumulates the gradient of one micro-batch; returns its part of the step's statistics. */
function backwardMicroBatch(
  model: LanguageModel,
  batch: PolicyTensors,
  options: PolicyUpdateOptions & {
    readonly tokens: number;
    readonly completions: readonly Completion[];
    readonly routing: Routing | undefined;
  },
): MicroBatch {
  const { loss: config, temperature, reference, sharedCritic, tokens } = options;
  const { references, completions, routing } = options;
  const entropyGradient = config.entropy.bonus > 0;
  const pass = statesPass(model, { ...batch.input, routing }, options.recompute ?? false);
  const trunk = predictorStates(pass.states, batch);
  // Two losses meet in the states of a shared critic: their gradients are added there and go on together.
  const states = sharedCritic ? trunk.detach().requiresGrad_() : trunk;
  const head = logprobsFrom(model, states, batch, { temperature, entropyGradient });
  const { loss, statistics } = policyLoss(
    {
      ...batch,
      logprobs: toResponses(head.logprobs, batch),
      entropy: entropyGradient ? toResponses(head.entropy, batch) : undefined,
      referenceLogprobs:
        reference &&
        (references?.of(completions, model.device) ??
          referenceLogprobs(reference, { ...batch, experts: undefined }, temperature)),
    },
    config,
  );
  const policy = {
    ...statistics,
    loss: loss.item(),
    entropy: head.entropy.detach().sum().item(),
    routed: completions.reduce((sum, own) => sum + recordedTokens(own), 0),
    rerouted: routing?.takeDiffering() ?? 0,
  };
  if (sharedCritic?.config.kind !== 'shared') {
    head.backward(loss);
    pass.backward();
    return { policy };
  }
  const { head: values, config: critic } = sharedCritic;
  const value = criticLoss(values, states, batch, { config: critic, tokens });
  head.backward(loss.add(value.loss.mul(critic.coefficient)));
  trunk.backward(states.grad!);
  pass.backward();
  return { policy, value: value.statistics };
}

/** Where the sampler sent the tokens of a micro-batch, and whether they go there again. */
function sampledOf(
  { experts: layers }: PolicyTensors,
  { routerReplay: replay }: PolicyUpdateOptions,
): SampledExperts | undefined {
  return layers === undefined || replay === undefined ? undefined : { layers, replay };
}

function recordedTokens({ experts }: Completion): number {
  return experts === undefined ? 0 : experts.experts.length / (experts.layers.length * experts.perToken);
}

const NOTHING: MicroBatchResult = {
  loss: 0,
  entropy: 0,
  routed: 0,
  rerouted: 0,
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
