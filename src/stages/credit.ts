/**
 * @file Scored completions → samples: who is credited with what, and what the trainer must know of the policy that sampled.
 *
 * Most settings need no model here: advantages come from rewards alone, old log-probabilities from the sampler. A KL in
 * the reward needs the reference's log-probabilities before the advantages; importance weights and entropy masking
 * need the trainer's own view of the rollout, taken once, before the first update on it.
 */
import { ADVANTAGES, type AdvantageName, toSamples } from '../advantage/index.ts';
import { klPenalty, type LossConfig } from '../loss/index.ts';
import type { CausalLM } from '../models/index.ts';
import type { Sample, Scored } from '../records.ts';
import { scope, tensor } from '../tensor/index.ts';
import { inspect, type PassOptions, type TokenFacts } from './logprobs.ts';

export interface CreditOptions extends PassOptions {
  readonly advantage: AdvantageName;
  readonly loss: LossConfig;
  readonly policy: CausalLM;
  /** π_ref, needed where the KL is in the reward. */
  readonly reference?: CausalLM | undefined;
}

export interface Credit {
  readonly samples: Sample[];
  /** Mean KL(π ‖ π_ref) per response token; only where it is in the reward. */
  readonly kl?: number;
}

/** @param groups - `groups[i]` names the prompt completion i answers */
export function creditRollout(
  scored: readonly Scored[],
  groups: readonly number[],
  options: CreditOptions,
): Credit {
  const { advantage, loss, policy, reference } = options;
  const completions = scored.map(({ completion }) => completion);
  const needsTrainer = loss.samplerCorrection !== undefined || loss.entropy.topFraction < 1;
  const own = needsTrainer ? inspect(policy, completions, options) : undefined;
  const divergences =
    loss.kl.in === 'reward' && reference
      ? kls(own ?? completions, inspect(reference, completions, options), loss.kl.estimator)
      : undefined;
  const advantages = ADVANTAGES[advantage]({
    rewards: scored.map(({ reward }) => reward),
    groups,
    lengths: completions.map(({ tokens }) => tokens.length),
    penalties: divergences?.map((row) => row.map((kl) => loss.kl.coefficient * kl)),
  });
  const samples = toSamples(scored, groups, advantages).map((sample, i) => ({
    ...sample,
    ...(loss.samplerCorrection && { oldLogprobs: own![i]!.logprobs }),
    ...(own && { entropies: own[i]!.entropies }),
  }));
  return { samples, ...(divergences && { kl: mean(divergences) }) };
}

/** KL estimates of each completion's tokens. */
function kls(
  policy: readonly Pick<TokenFacts, 'logprobs'>[],
  reference: readonly TokenFacts[],
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
