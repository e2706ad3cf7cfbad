/**
 * @file Lite PPO (arXiv 2508.08221): Â = (r − mean(r) over the group) / (std(r) over the whole rollout + 1e-6).
 *
 * A nearly solved group has a small deviation of its own, which blows its advantages up; that of the rollout does not.
 */
import { defineGroupAdvantage } from './definition.ts';
import { drGrpo } from './dr-grpo.ts';
import { deviation, type OutcomeAdvantage, scorable } from './groups.ts';

const EPSILON = 1e-6;

/** Group mean, deviation of the rollout (sample deviation of all scorable rewards). */
export const litePpo: OutcomeAdvantage = (rewards, groups) => {
  const centred = drGrpo(rewards, groups);
  // Where nothing differs, every centred reward is 0 already, and one reward alone has no deviation.
  if (centred.every((advantage) => advantage === 0)) return centred;
  const scale = deviation(scorable(rewards)) + EPSILON;
  return centred.map((advantage) => advantage / scale);
};

export const litePpoAdvantage = defineGroupAdvantage('lite-ppo', 'group mean, std of the rollout', litePpo);
