/**
 * @file Verdict on one response by rules and filters alone: kept, or dropped for the first reason that holds.
 */
import type { Scored } from '../../records.ts';
import { REWARD_NAMES, type RewardName, rewardsSaying } from '../../rl/reward/index.ts';
import type { RejectConfig } from './config.ts';
import { LENGTH_FILTERS, lengthReason, THOUGHT_FILTERS, thoughtReason } from './filters.ts';

/** Rewards that say whether a response is right; the others say how it looks. */
const CORRECTNESS = rewardsSaying('right');

/** Why a response is dropped, in the order in which it is asked; a reward's name means that its score is too low. */
export const REASONS: readonly string[] = [
  ...LENGTH_FILTERS,
  ...REWARD_NAMES,
  ...THOUGHT_FILTERS,
  'contaminated',
  'duplicate',
  'unscored',
  'verdict',
  'surplus',
  'rewrite',
];

/** The least score by reward; null where the reward only grades. */
function minimumOf(name: RewardName, { minimum }: RejectConfig): number | null {
  const given = minimum[name];
  return given === undefined ? (name === 'length' ? 0 : 1) : given;
}

/** Rounding must not drop a score that is a sum of shares. */
const SLACK = 1e-9;

/** The first reward that scores a response too low, or null. One that cannot score it drops nothing. */
function rewardReason(parts: Scored['parts'], config: RejectConfig): RewardName | null {
  const low = REWARD_NAMES.find((name) => {
    const score = parts[name] ?? null;
    const least = minimumOf(name, config);
    return score !== null && least !== null && score < least - SLACK;
  });
  return low ?? null;
}

/**
 * Whether no rule that says what is right could score the response. Where a recipe names none such, that is so only with
 * a judge, to whom all is left.
 */
export function isUnscored(parts: Scored['parts'], withJudge: boolean): boolean {
  const named = CORRECTNESS.filter((name) => name in parts);
  return named.length === 0 ? withJudge : named.every((name) => parts[name] === null);
}

/** The first reason to drop a response that lies in it alone, or null. */
export function gradeAlone({ completion, parts }: Scored, config: RejectConfig): string | null {
  const { response, prompt } = completion;
  return (
    lengthReason(completion, config.filters) ??
    rewardReason(parts, config) ??
    thoughtReason(response.thought ?? '', prompt, config.filters)
  );
}
