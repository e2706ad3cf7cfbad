/**
 * @file What every advantage is: a rollout's rewards → one number for each response token.
 *
 * Outcome supervision gives each token its completion's advantage; `outcome` lifts a rule of that kind.
 */
import type { StepScore } from '../../records.ts';
import type { OutcomeAdvantage, Reward } from './groups.ts';

/** What an advantage is computed from, an entry for each completion of the rollout. */
export interface Outcomes {
  readonly rewards: readonly Reward[];
  /** `groups[i]` names the prompt completion i answers. */
  readonly groups: readonly number[];
  /** Response tokens of each completion. */
  readonly lengths: readonly number[];
  /** Taken off the reward at each token, such as β · KL; nothing unless given. */
  readonly penalties?: readonly ArrayLike<number>[] | undefined;
  /** Scores of each completion's steps, null where they could not be scored; see process.ts. */
  readonly steps?: readonly (readonly StepScore[] | null)[] | undefined;
}

/** One advantage for each response token of each completion; 0 where the completion could not be scored. */
export type Advantage = (outcomes: Outcomes) => Float64Array[];

/** Every token carries its completion's advantage; penalties count as part of the completion's reward. */
export function outcome(rule: OutcomeAdvantage): Advantage {
  return ({ rewards, groups, lengths, penalties }) => {
    const totals = rewards.map((reward, i) => (reward === null ? null : reward - total(penalties?.[i])));
    const advantages = rule(totals, groups);
    return lengths.map((length, i) => new Float64Array(length).fill(advantages[i]!));
  };
}

function total(values: ArrayLike<number> | undefined): number {
  return Array.from(values ?? []).reduce((sum, value) => sum + value, 0);
}
