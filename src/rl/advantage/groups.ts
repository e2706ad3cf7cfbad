/**
 * @file What the group-relative advantages share: a pass over groups that leaves out what could not be scored.
 */

/** A reward, or null where no reward function could score the completion. */
export type Reward = number | null;

/**
 * (rewards, groups) → one advantage for each completion; `groups[i]` names the prompt completion i answers.
 * Unscorable completions get 0 and take no part in any mean, deviation or count.
 */
export type OutcomeAdvantage = (rewards: readonly Reward[], groups: readonly number[]) => Float64Array;

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
