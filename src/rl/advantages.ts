/**
 * @file Advantages of a rollout: scored completions → samples, each with an advantage for every token.
 *
 * Most settings need no model here: advantages come from rewards alone, old log-probabilities from the sampler. A KL in
 * the reward needs the reference's log-probabilities before the advantages; importance weights and entropy masking
 * need the trainer's own log-probabilities of the rollout, and `gae` the critic's values: each is computed once, before
 * the first update.
 */

import type { Sample, Scored } from '../records.ts';
import { explainOutOfMemory, scope, tensor } from '../torch/index.ts';
import {
  ADVANTAGES,
  type AdvantageName,
  explainedVariance,
  gae,
  type Outcomes,
  tokenRewards,
} from './advantage/index.ts';
import { klPenalty, type LossConfig, type TokenLogprobs } from './loss/index.ts';
import { type PassesOptions, type Prepared, type RolloutPasses, rolloutPasses } from './prepare.ts';
import { passOptions, type RlRun } from './run.ts';

export interface AdvantageOptions extends PassesOptions {
  readonly advantage: AdvantageName;
  /** Those over these completions that have been begun. */
  readonly passes?: RolloutPasses | undefined;
}

export interface Advantages {
  readonly samples: Sample[];
  /** Mean KL(π ‖ π_ref) per response token; only where it is in the reward. */
  readonly kl?: number;
  /** How much of the returns the critic foresaw; only with one. */
  readonly explainedVariance?: number;
}

/**
 * The advantages of a step. Completions of one prompt lie next to one another: group g is the g-th `groupSize` of them.
 * @param prepared - of the same completions, where that was
 */
export function advantages(run: RlRun, scored: readonly Scored[], prepared: Prepared | null): Advantages {
  const { config, learner, reference, critic } = run;
  const { advantage, loss, groupSize } = config;
  const groups = scored.map((_, i) => Math.floor(i / groupSize));
  const models = { policy: learner.model, reference, critic };
  const options = { ...passOptions(run), ...models, advantage, loss, passes: prepared?.passes };
  return explainOutOfMemory('lower `tokensPerMicroBatch`', () => estimateAdvantages(scored, groups, options));
}

/** @param groups - `groups[i]` names the prompt completion i answers */
export function estimateAdvantages(
  scored: readonly Scored[],
  groups: readonly number[],
  options: AdvantageOptions,
): Advantages {
  const { loss } = options;
  const completions = scored.map(({ completion }) => completion);
  const passes = options.passes ?? rolloutPasses(completions, options);
  const own = passes.policy?.finish();
  const divergences =
    passes.reference && kls(own ?? completions, passes.reference.finish(), loss.kl.estimator);
  const { perToken, perSample, explained } = estimate(
    { ...options, passes },
    {
      rewards: scored.map(({ reward }) => reward),
      groups,
      lengths: completions.map(({ tokens }) => tokens.length),
      penalties: divergences?.map((row) => row.map((kl) => loss.kl.coefficient * kl)),
      steps: scored.map(({ steps }) => steps ?? null),
    },
  );
  const samples = toSamples(scored, groups, perToken).map((sample, i) => ({
    ...sample,
    ...perSample?.[i],
    ...(loss.samplerCorrection && { oldLogprobs: own![i]!.logprobs }),
    ...(own && { entropies: own[i]!.entropies }),
  }));
  return {
    samples,
    ...(divergences && { kl: mean(divergences) }),
    ...(explained !== undefined && { explainedVariance: explained }),
  };
}

/**
 * Scored completions × advantages → samples.
 * @param perToken - one for each response token of each completion
 * @throws RangeError where something is not paired
 */
export function toSamples(
  scored: readonly Scored[],
  groups: readonly number[],
  perToken: readonly ArrayLike<number>[],
): Sample[] {
  if (scored.length !== groups.length || scored.length !== perToken.length) {
    throw new RangeError(
      `${scored.length} completions, ${groups.length} group indices, ${perToken.length} advantages`,
    );
  }
  return scored.map((one, i) => {
    const { length } = one.completion.tokens;
    const own = Float32Array.from(perToken[i]!);
    if (own.length !== length)
      throw new RangeError(`completion ${i}: ${own.length} advantages for ${length} tokens`);
    return { scored: one, group: groups[i]!, advantages: own };
  });
}

interface Estimate {
  /** One advantage for each token of each completion. */
  readonly perToken: readonly Float64Array[];
  /** What the critic is trained on. */
  readonly perSample?: readonly Pick<Sample, 'values' | 'returns'>[];
  readonly explained?: number;
}

function estimate(
  { advantage, critic, passes }: Pick<AdvantageOptions, 'advantage' | 'critic' | 'passes'>,
  outcomes: Outcomes,
): Estimate {
  if (advantage !== 'gae') return { perToken: ADVANTAGES[advantage](outcomes) };
  if (critic === undefined || passes?.values === undefined) {
    throw new TypeError('the advantage "gae" needs a critic');
  }
  const values = passes.values.finish();
  // What could not be scored has neither rewards nor values here, so that it moves no mean.
  const known = values.map((row, i) => (outcomes.rewards[i] === null ? new Float32Array() : row));
  const { advantages: perToken, returns } = gae(tokenRewards(outcomes), known, critic.config);
  const padded = (rows: readonly Float64Array[]): Float64Array[] =>
    rows.map((row, i) => (row.length > 0 ? row : new Float64Array(outcomes.lengths[i]!)));
  const targets = padded(returns);
  return {
    perToken: padded(perToken),
    perSample: values.map((row, i) => ({ values: row, returns: Float32Array.from(targets[i]!) })),
    explained: explainedVariance(known, returns),
  };
}

/** KL estimates of each completion's tokens. */
function kls(
  policy: readonly Pick<TokenLogprobs, 'logprobs'>[],
  reference: readonly TokenLogprobs[],
  estimator: LossConfig['kl']['estimator'],
): Float32Array[] {
  return policy.map(({ logprobs }, i) =>
    scope(() =>
      klPenalty(
        tensor(logprobs),
        tensor(reference[i]!.logprobs),
        // The schema keeps `k3-unbiased` out of the reward.
        estimator === 'k3-unbiased' ? 'k3' : estimator,
      ).toFloat32Array(),
    ),
  );
}

function mean(rows: readonly Float32Array[]): number {
  const count = rows.reduce((sum, row) => sum + row.length, 0);
  return rows.reduce((sum, row) => row.reduce((part, value) => part + value, sum), 0) / Math.max(1, count);
}
