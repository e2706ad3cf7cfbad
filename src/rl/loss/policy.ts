/**
 * @file The loss of one micro-batch, from parts that know nothing of one another, with what is worth watching:
 *
 *   Σ w · (factor · policy loss + β KL − c H)
 *
 * w is the token's weight in the whole optimiser step. Every aggregation in use is Σ wᵢ Σₜ lossᵢₜ with one weight for each
 * sequence, counted over that step, so that micro-batches of any size, packed or padded, add up to the same gradient.
 * The factor holds what weighs or leaves out single
 * tokens of the policy loss: importance weights, stale negatives, low entropy. It changes no divisor.
 */
import type { Completion, Sample } from '../../records.ts';
import { scope, stack, type Tensor } from '../../torch/index.ts';
import type { Aggregation, LossConfig } from './config.ts';
import { importanceWeights } from './importance.ts';
import { tokenLoss } from './registry.ts';
import { staleNegatives } from './stale.ts';
import { clampLogRatio, klPenalty, LOG_RATIO_BOUND, unbiasedKl } from './terms.ts';

/** Whether a sample is in the loss: something could score it, it has a token, and it was not cut where that is asked for. */
export function lossMask(
  { scored: { reward, completion } }: Sample,
  { maskTruncated }: Pick<LossConfig, 'maskTruncated'>,
): boolean {
  return reward !== null && counts(completion, { maskTruncated });
}

/** Whether a completion that is scored has a part in the loss. */
export function counts(
  { finish, tokens }: Completion,
  { maskTruncated }: Pick<LossConfig, 'maskTruncated'>,
): boolean {
  return tokens.length > 0 && !(maskTruncated && finish === 'length');
}

/**
 * The weight of each sequence's tokens.
 * @param lengths - tokens of each sequence of the step that count; a sequence of 0 is left out everywhere
 * @param divisor - of `constant`: tokens that every sequence counts as
 */
export function sequenceWeights(
  aggregation: Aggregation,
  lengths: ArrayLike<number>,
  divisor?: number,
): Float64Array {
  const counted = Array.from(lengths);
  const sequences = counted.filter((length) => length > 0).length;
  const tokens = counted.reduce((sum, length) => sum + length, 0);
  const weight = (length: number): number => {
    if (length === 0) return 0;
    if (aggregation === 'token-mean') return 1 / tokens;
    if (aggregation === 'seq-mean-token-mean') return 1 / (sequences * length);
    if (aggregation === 'seq-mean-token-sum') return 1 / sequences;
    if (divisor === undefined || !(divisor > 0))
      throw new RangeError(`aggregation "constant" needs a divisor > 0`);
    return 1 / (sequences * divisor);
  };
  return Float64Array.from(counted, weight);
}

/** B sequences, T tokens in the longest response. */
export interface PolicyLossInput {
  /** log π_θ(token), differentiable, [B, T] */
  readonly logprobs: Tensor;
  /** log π_old(token): the denominator of the ratio, [B, T] */
  readonly oldLogprobs: Tensor;
  /** As the sampler recorded them; the same as `oldLogprobs` unless the trainer computed those itself. [B, T] */
  readonly samplerLogprobs: Tensor;
  /** Â per token, [B, T] */
  readonly advantages: Tensor;
  /** Weight of each token in the loss of the whole step: 0 on padding, see sequenceWeights. [B, T] */
  readonly weights: Tensor;
  /** 1 on response tokens, 0 on padding. [B, T] */
  readonly mask: Tensor;
  /** 0 on tokens the policy loss leaves out, else 1; all count unless given. [B, T] */
  readonly selected?: Tensor | undefined;
  /** Entropy of π_θ, differentiable, needed where it has a bonus. [B, T] */
  readonly entropy?: Tensor | undefined;
  /** log π_ref(token), needed where the KL is in the loss. [B, T] */
  readonly referenceLogprobs?: Tensor | undefined;
}

export type PolicyLossOptions = Pick<
  LossConfig,
  'policy' | 'kl' | 'entropy' | 'samplerCorrection' | 'staleNegatives'
>;

/** Sums over the micro-batch's tokens; divide by `tokens` for means. */
export interface PolicyStatistics {
  readonly tokens: number;
  readonly clippedHigh: number;
  readonly clippedLow: number;
  /** Σ (log π_old − log π_θ): an estimate of KL(π_old ‖ π_θ). */
  readonly approximateKl: number;
  /** Σ |log π_sampler − log π_θ|: sampler/trainer distance where the weights are the same. */
  readonly distance: number;
  /** Σ KL(π_θ ‖ π_ref), 0 without a reference. */
  readonly kl: number;
  /** Tokens that the policy loss leaves out. */
  readonly masked: number;
  /** Tokens whose importance weight was bounded. */
  readonly bounded: number;
  /** Tokens whose log-ratio was beyond what can be exponentiated safely. */
  readonly overflow: number;
}

/** The scalar to backpropagate: its sum over the micro-batches of a step is the step's loss. */
export function policyLoss(
  input: PolicyLossInput,
  options: PolicyLossOptions,
): { loss: Tensor; statistics: PolicyStatistics } {
  return scope(() => {
    const { logprobs, oldLogprobs, samplerLogprobs, mask } = input;
    const difference = logprobs.sub(oldLogprobs);
    const logRatio = clampLogRatio(difference);
    const { losses, clippedHigh, clippedLow } = tokenLoss({ ...input, logRatio }, options.policy);
    const { factor, bounded } = factors(input, options);
    const kl = klOf(input, logRatio, options);
    let perToken = factor ? losses.mul(factor) : losses;
    if (kl) perToken = perToken.add(kl.mul(options.kl.coefficient));
    if (options.entropy.bonus > 0) perToken = perToken.sub(input.entropy!.mul(options.entropy.bonus));
    const statistics = sums(mask, {
      clippedHigh,
      clippedLow,
      approximateKl: logRatio.neg(),
      distance: logprobs.sub(samplerLogprobs).abs(),
      kl,
      masked: factor?.eq(0),
      bounded,
      overflow: difference.abs().gt(LOG_RATIO_BOUND),
    });
    return { loss: perToken.mul(input.weights).sum(), statistics };
  });
}

/** What each token's policy loss is multiplied by; none where every factor is 1. */
function factors(
  input: PolicyLossInput,
  options: PolicyLossOptions,
): { factor?: Tensor | undefined; bounded?: Tensor } {
  const { logprobs, oldLogprobs, samplerLogprobs, advantages, mask } = input;
  let factor = input.selected;
  if (options.staleNegatives !== undefined) {
    const logRatio = clampLogRatio(logprobs.sub(samplerLogprobs));
    const stale = staleNegatives(logRatio, advantages, mask, options.staleNegatives);
    factor = (factor ?? mask).maskedFill(stale, 0);
  }
  if (options.samplerCorrection === undefined) return { factor };
  const { weights, bounded } = importanceWeights(
    oldLogprobs,
    samplerLogprobs,
    mask,
    options.samplerCorrection,
  );
  return { factor: factor ? factor.mul(weights) : weights, bounded };
}

function klOf(input: PolicyLossInput, logRatio: Tensor, { kl }: PolicyLossOptions): Tensor | undefined {
  const { logprobs, referenceLogprobs } = input;
  if (referenceLogprobs === undefined) return undefined;
  return kl.estimator === 'k3-unbiased'
    ? unbiasedKl(logprobs, referenceLogprobs, logRatio)
    : klPenalty(logprobs, referenceLogprobs, kl.estimator);
}

type Sums = Omit<PolicyStatistics, 'tokens'>;

/** Sums over response tokens, fetched from the device at once; 0 for what there is not. */
function sums(mask: Tensor, values: { readonly [name in keyof Sums]: Tensor | undefined }): PolicyStatistics {
  const names = Object.keys(values) as (keyof Sums)[];
  const present = names.filter((name) => values[name] !== undefined);
  const totals = stack([mask.sum(), ...present.map((name) => values[name]!.detach().mul(mask).sum())]);
  const [tokens, ...rest] = totals.toFloat64Array();
  const found = Object.fromEntries(present.map((name, i) => [name, rest[i]!]));
  return {
    tokens: tokens!,
    ...(Object.fromEntries(names.map((name) => [name, found[name] ?? 0])) as unknown as Sums),
  };
}
