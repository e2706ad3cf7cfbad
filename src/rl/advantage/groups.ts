/**
 * @file The group-relative advantages: a completion compared with the others of its prompt (GRPO, Dr. GRPO, RLOO, Lite
 * PPO, GPG). What could not be scored is left out of every mean, deviation and count.
 */
import { defineGroupAdvantage, type OutcomeAdvantage, type Reward } from './definition.ts';

/** Added to a standard deviation that divides. */
const EPSILON = 1e-6;

/**
 * GRPO (arXiv 2402.03300 and 2501.12948): Â = (r − mean(r)) / (std(r) + 1e-6) over the group.
 *
 * std is the sample standard deviation (divisor n − 1), as in verl and TRL; the paper does not say.
 */
export const grpo = perGroup((rewards) => {
  const baseline = mean(rewards);
  const scale = deviation(rewards) + EPSILON;
  return rewards.map((reward) => (reward - baseline) / scale);
});

export const grpoAdvantage = defineGroupAdvantage('grpo', 'group mean and std', grpo);

/**
 * Dr. GRPO (arXiv 2503.20783): Â = r − mean(r) over the group.
 *
 * Without the division by std, questions that are nearly always or never solved weigh no more than others. Its other
 * half, the constant divisor instead of 1/|o|, is an aggregation of the loss.
 */
export const drGrpo = perGroup((rewards) => {
  const baseline = mean(rewards);
  return rewards.map((reward) => reward - baseline);
});

export const drGrpoAdvantage = defineGroupAdvantage('dr-grpo', 'group mean', drGrpo);

/** RLOO, REINFORCE leave-one-out (arXiv 2402.14740): Â = r − mean of the other rewards = (r − mean)·n/(n − 1). */
export const rloo = perGroup((rewards) => {
  const baseline = mean(rewards);
  const n = rewards.length;
  return rewards.map((reward) => ((reward - baseline) * n) / (n - 1));
});

export const rlooAdvantage = defineGroupAdvantage('rloo', 'mean of the other completions', rloo);

/**
 * Lite PPO (arXiv 2508.08221): Â = (r − mean(r) over the group) / (std(r) over the whole rollout + 1e-6).
 *
 * A nearly solved group has a small deviation of its own, which blows its advantages up; that of the rollout does not.
 */
export const litePpo: OutcomeAdvantage = (rewards, groups) => {
  const centred = drGrpo(rewards, groups);
  // Where nothing differs, every centred reward is 0 already, and one reward alone has no deviation.
  if (centred.every((advantage) => advantage === 0)) return centred;
  const scale = deviation(scorable(rewards)) + EPSILON;
  return centred.map((advantage) => advantage / scale);
};

export const litePpoAdvantage = defineGroupAdvantage('lite-ppo', 'group mean, std of the rollout', litePpo);

/**
 * GPG (arXiv 2504.02546): Â = α (r − mean(r)) over the group, α = completions / completions with a reward ≠ 0.
 *
 * α makes up for the completions that carry no gradient. It is counted over the whole rollout, as in verl; the paper
 * counts the groups that are all right or all wrong instead. F_norm of the paper is 1.
 */
export const gpg: OutcomeAdvantage = (rewards, groups) => {
  const own = scorable(rewards);
  const alpha = own.length / Math.max(1, own.filter((reward) => reward !== 0).length);
  return drGrpo(rewards, groups).map((advantage) => alpha * advantage);
};

export const gpgAdvantage = defineGroupAdvantage(
  'gpg',
  'group mean, scaled for groups without a signal',
  gpg,
);

/** Indices of the scorable completions of each group, groups in order of appearance. */
function scorableGroups(rewards: readonly Reward[], groups: readonly number[]): number[][] {
  if (rewards.length !== groups.length) {
    throw new RangeError(`${rewards.length} rewards for ${groups.length} group indices`);
  }
  const members = new Map<number, number[]>();
  for (const [i, group] of groups.entries()) {
    const indices = members.get(group) ?? [];
    members.set(group, indices);
    if (rewards[i] !== null) indices.push(i);
  }
  return [...members.values()];
}

/**
 * An advantage from a rule for one group: `rule(rewards of the group)` → advantages in the same order. A group whose
 * scorable rewards are all equal, or one alone, says nothing about what was better and gets exactly 0.
 */
export function perGroup(rule: (rewards: Float64Array) => Float64Array): OutcomeAdvantage {
  return (rewards, groups) => {
    const advantages = new Float64Array(rewards.length);
    for (const indices of scorableGroups(rewards, groups)) {
      const own = scorable(indices.map((i) => rewards[i]!));
      if (!hasSignal(own)) continue;
      const result = rule(own);
      for (const [k, i] of indices.entries()) advantages[i] = result[k]!;
    }
    return advantages;
  };
}

/** The rewards that are not null. */
export function scorable(rewards: readonly Reward[]): Float64Array {
  return Float64Array.from(rewards.filter((reward) => reward !== null));
}

/** Arithmetic mean. */
export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation (divisor n − 1). */
export function deviation(values: Float64Array): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** True where two scorable rewards differ: otherwise a group teaches nothing. */
export function hasSignal(rewards: ArrayLike<Reward>): boolean {
  const own = scorable(Array.from(rewards));
  return own.some((reward) => reward !== own[0]);
}

/**
 * Share of groups that teach nothing because their scorable rewards are all equal (TRL: `frac_reward_zero_std`);
 * groups with fewer than two scorable completions count among them.
 */
export function fractionWithoutSignal(rewards: readonly Reward[], groups: readonly number[]): number {
  const all = scorableGroups(rewards, groups);
  const flat = all.filter((indices) => !hasSignal(indices.map((i) => rewards[i]!)));
  return all.length === 0 ? 0 : flat.length / all.length;
}
