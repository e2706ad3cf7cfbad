/**
 * @file Generalised advantage estimation (Schulman et al., arXiv 1506.02438, eq. 16): what PPO's critic is for.
 *
 * δₜ = rₜ + γ Vₜ₊₁ − Vₜ,  Âₜ = Σ_l (γλ)ˡ δₜ₊ₗ,  with V = 0 after the last token. λ = 1 is the return minus the value.
 */

import type { Outcomes, Reward } from './definition.ts';
import { defineAdvantage } from './definition.ts';
import { whiten } from './whiten.ts';

export interface GaeOptions {
  /** γ, discount of rewards. */
  readonly gamma: number;
  /** λ, discount of later estimates: 1 trusts rewards, 0 trusts the critic. */
  readonly lambda: number;
  /** Normalise the advantages over every token of the rollout. */
  readonly whiten: boolean;
}

export interface Gae {
  /** Âₜ of each completion. */
  readonly advantages: Float64Array[];
  /** Targets of the critic, Âₜ + Vₜ before whitening. */
  readonly returns: Float64Array[];
}

/**
 * @param rewards - per response token of each completion
 * @param values - the critic's V per response token, same lengths
 * @throws RangeError where a completion's rewards and values differ in number
 */
export function gae(
  rewards: readonly ArrayLike<number>[],
  values: readonly ArrayLike<number>[],
  options: GaeOptions,
): Gae {
  const advantages = rewards.map((own, i) => estimate(own, values[i] ?? [], options));
  const returns = advantages.map((row, i) => row.map((advantage, t) => advantage + values[i]![t]!));
  return { advantages: options.whiten ? whiten(advantages) : advantages, returns };
}

/**
 * Rewards per token of each completion: the reward at its last token, penalties where they fall. Nothing for one that
 * could not be scored: give it no values either, and it moves no mean.
 */
export function tokenRewards({
  rewards,
  lengths,
  penalties,
}: Pick<Outcomes, 'rewards' | 'lengths' | 'penalties'>): Float64Array[] {
  return rewards.map((reward: Reward, i) => {
    if (reward === null) return new Float64Array();
    const row = new Float64Array(lengths[i]!).map((_, t) => 0 - (penalties?.[i]?.[t] ?? 0));
    if (row.length > 0) row[row.length - 1]! += reward;
    return row;
  });
}

function estimate(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  { gamma, lambda }: GaeOptions,
): Float64Array {
  if (rewards.length !== values.length) {
    throw new RangeError(`${rewards.length} rewards for ${values.length} values`);
  }
  const advantages = new Float64Array(rewards.length);
  let later = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const delta = rewards[t]! + gamma * (values[t + 1] ?? 0) - values[t]!;
    later = delta + gamma * lambda * later;
    advantages[t] = later;
  }
  return advantages;
}

export const gaeAdvantage = defineAdvantage({
  name: 'gae',
  about: "a critic's values, see `critic`",
  groupRelative: false,
  needs: 'critic',
});

/**
 * How much of what happened a critic foresaw: 1 − Var(returns − values) / Var(returns) over all tokens: 1 foresees everything, 0 no more than their mean; negative
 * is worse than that. 0 where the returns are all the same, so that there is nothing to explain.
 */
export function explainedVariance(
  values: readonly ArrayLike<number>[],
  returns: readonly ArrayLike<number>[],
): number {
  const expected = returns.flatMap((row) => Array.from(row));
  const errors = returns.flatMap((row, i) => Array.from(row, (value, t) => value - values[i]![t]!));
  const spread = variance(expected);
  return spread > 0 ? 1 - variance(errors) / spread : 0;
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
