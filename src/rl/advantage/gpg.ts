/**
 * @file GPG (arXiv 2504.02546): Â = α (r − mean(r)) over the group, α = completions / completions with a reward ≠ 0.
 *
 * α makes up for the completions that carry no gradient. It is counted over the whole rollout, as in verl; the paper
 * counts the groups that are all right or all wrong instead. F_norm of the paper is 1.
 */
import { defineGroupAdvantage } from './definition.ts';
import { drGrpo } from './dr-grpo.ts';
import { type OutcomeAdvantage, scorable } from './groups.ts';

/** Group mean, scaled by α. */
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
