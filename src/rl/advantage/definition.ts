/**
 * @file Definition of an advantage: a rollout's rewards → one number for each response token, under a name.
 *
 * Outcome supervision gives each token its completion's advantage; `outcome` lifts a rule of that kind.
 */
import type { StepScore } from '../../records.ts';

/** A reward, or null where no reward function could score the completion. */
export type Reward = number | null;

/**
 * (rewards, groups) → one advantage for each completion; `groups[i]` names the prompt completion i answers.
 * Unscorable completions get 0 and take no part in any mean, deviation or count.
 */
export type OutcomeAdvantage = (rewards: readonly Reward[], groups: readonly number[]) => Float64Array;

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

interface Described<Name extends string> {
  /** Name in recipes. */
  readonly name: Name;
  /** What a reward is compared with, in a few words, for the listing of settings. */
  readonly about: string;
  /** Whether a completion is compared with others of its own prompt, so that a group of one teaches nothing. */
  readonly groupRelative: boolean;
}

/** An advantage of rewards alone, or with `needs` of step scores too. */
export interface CriticFreeDefinition<Name extends string = string> extends Described<Name> {
  readonly needs?: 'steps';
  readonly compute: Advantage;
}

/** An advantage that takes a critic's values too: the stage computes those, and the advantage from them. */
export interface CriticDefinition<Name extends string = string> extends Described<Name> {
  readonly needs: 'critic';
}

export type AdvantageDefinition = CriticFreeDefinition | CriticDefinition;

/** A definition with the exact type of its name. */
export function defineAdvantage<const Name extends string, Definition extends AdvantageDefinition>(
  definition: Definition & { readonly name: Name },
): Definition & { readonly name: Name } {
  return definition;
}

/** A definition from a rule that compares the completions of one prompt. */
export function defineGroupAdvantage<const Name extends string>(
  name: Name,
  about: string,
  rule: OutcomeAdvantage,
): CriticFreeDefinition<Name> {
  return { name, about, groupRelative: true, compute: outcome(rule) };
}
