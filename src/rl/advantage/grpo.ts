/**
 * @file GRPO (arXiv 2402.03300 and 2501.12948): Â = (r − mean(r)) / (std(r) + 1e-6) over the group.
 *
 * std is the sample standard deviation (divisor n − 1), as in verl and TRL; the paper does not say.
 */
import { defineGroupAdvantage } from './definition.ts';
import { deviation, mean, perGroup } from './groups.ts';

const EPSILON = 1e-6;

/** Group mean and standard deviation. */
export const grpo = perGroup((rewards) => {
  const baseline = mean(rewards);
  const scale = deviation(rewards) + EPSILON;
  return rewards.map((reward) => (reward - baseline) / scale);
});

export const grpoAdvantage = defineGroupAdvantage('grpo', 'group mean and std', grpo);
