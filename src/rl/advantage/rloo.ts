/**
 * @file RLOO, REINFORCE leave-one-out (arXiv 2402.14740): Â = r − mean of the other rewards of the group.
 */
import { defineGroupAdvantage } from './definition.ts';
import { mean, perGroup } from './groups.ts';

/** Leave-one-out baseline: (r − mean)·n/(n − 1). */
export const rloo = perGroup((rewards) => {
  const baseline = mean(rewards);
  const n = rewards.length;
  return rewards.map((reward) => ((reward - baseline) * n) / (n - 1));
});

export const rlooAdvantage = defineGroupAdvantage('rloo', 'mean of the other completions', rloo);
