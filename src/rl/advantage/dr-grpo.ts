/**
 * @file Dr. GRPO (arXiv 2503.20783): Â = r − mean(r) over the group.
 *
 * Without the division by std, questions that are nearly always or never solved weigh no more than others. Its other
 * half, the constant divisor instead of 1/|o|, is an aggregation of the loss.
 */
import { defineGroupAdvantage } from './definition.ts';
import { mean, perGroup } from './groups.ts';

/** Group mean only. */
export const drGrpo = perGroup((rewards) => {
  const baseline = mean(rewards);
  return rewards.map((reward) => reward - baseline);
});

export const drGrpoAdvantage = defineGroupAdvantage('dr-grpo', 'group mean', drGrpo);
