/**
 * @file What the group-relative advantages share: a pass over groups that leaves out what could not be scored.
 */

/** A reward, or null where no reward function could score the completion. */
export type Reward = number | null;

/** (rewards, groups) → one advantage for each completion; `groups[i]` names the prompt completion i answers. */
export type Advantage = (rewards: readonly Reward[], groups: readonly number[]) => Float64Array;

/** Indices of the scorable completions of each group, groups in order of appearance. */
export function scorableGroups(rewards: readonly Reward[], groups: readonly number[]): number[][] {
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
 * An advantage from a rule for one group: `rule(rewards of the group)` → advantages in the same order. Unscorable
 * completions get 0 and are not in the baseline. A group whose scorable rewards are all equal, or one alone, says
 * nothing about what was better and gets exactly 0.
 */
export function perGroup(rule: (rewards: Float64Array) => Float64Array): Advantage {
  return (rewards, groups) => {
    const advantages = new Float64Array(rewards.length);
    for (const indices of scorableGroups(rewards, groups)) {
      const own = Float64Array.from(indices, (i) => rewards[i]!);
      if (own.every((reward) => reward === own[0])) continue;
      const result = rule(own);
      for (const [k, i] of indices.entries()) advantages[i] = result[k]!;
    }
    return advantages;
  };
}

/** Arithmetic mean. */
export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Share of groups that teach nothing because their scorable rewards are all equal (TRL: `frac_reward_zero_std`);
 * groups with fewer than two scorable completions count among them.
 */
export function fractionWithoutSignal(rewards: readonly Reward[], groups: readonly number[]): number {
  const all = scorableGroups(rewards, groups);
  const flat = all.filter((indices) => indices.every((i) => rewards[i] === rewards[indices[0]!]));
  return all.length === 0 ? 0 : flat.length / all.length;
}
