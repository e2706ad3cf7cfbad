/**
 * @file Process supervision (DeepSeekMath, arXiv 2402.03300, §4.1.3): rewards for the steps of a response.
 *
 * Step rewards are normalised over all step rewards of the group, and a token is paid for every step that ends at or
 * after it: Âₜ = Σ_{end(j) ≥ t} (rⱼ − mean) / (std + 1e-6). std is the sample standard deviation, as in groups.ts.
 */
import type { StepScore } from '../../records.ts';
import type { Advantage } from './definition.ts';
import { defineAdvantage } from './definition.ts';
import { grpo } from './groups.ts';

/**
 * One advantage for each response token.
 * @param steps - of each completion, null where its steps could not be scored
 * @param groups - `groups[i]` names the prompt completion i answers
 * @param lengths - response tokens of each completion
 * @throws RangeError where a step has no end inside its response
 */
export function processSupervision(
  steps: readonly (readonly StepScore[] | null)[],
  groups: readonly number[],
  lengths: readonly number[],
): Float64Array[] {
  const flat = steps.flatMap((own, i) => (own ?? []).map((step) => ({ i, ...step })));
  const normalised = grpo(
    flat.map(({ score }) => score),
    flat.map(({ i }) => groups[i]!),
  );
  const advantages = lengths.map((length) => new Float64Array(length));
  for (const [k, { i, end }] of flat.entries()) {
    const row = advantages[i]!;
    if (!Number.isInteger(end) || end < 0 || end >= row.length) {
      throw new RangeError(`completion ${i}: a step ends at token ${end} of ${row.length}`);
    }
    for (let t = 0; t <= end; t++) row[t]! += normalised[k]!;
  }
  return advantages;
}

/** Process supervision; a completion without scored steps is one step, with its reward. Penalties are not supported. */
const ofSteps: Advantage = ({ rewards, groups, lengths, penalties, steps }) => {
  if (penalties !== undefined) throw new TypeError('process supervision takes no penalties');
  const own = rewards.map((reward, i) => {
    if (reward === null || lengths[i] === 0) return null;
    return steps?.[i] ?? [{ end: lengths[i]! - 1, score: reward }];
  });
  return processSupervision(own, groups, lengths);
};

export const processAdvantage = defineAdvantage({
  name: 'process',
  about: "mean and std of the group's step scores",
  groupRelative: true,
  needs: 'steps',
  compute: ofSteps,
});
