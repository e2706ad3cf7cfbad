/**
 * @file REINFORCE++ (arXiv 2501.03262): what each token still earns, normalised over every token of the rollout.
 *
 * Gₜ = r − Σ_{s ≥ t} penaltyₛ (discount 1, the reward paid at the last token), Â = whiten(G). No group is needed, so
 * one completion of each prompt suffices; a group of equal rewards still has an advantage.
 */

import type { Advantage } from './definition.ts';
import { defineAdvantage } from './definition.ts';
import { whiten } from './whiten.ts';

/** Mean and standard deviation of the rollout, over tokens. */
export const reinforcePlusPlus: Advantage = ({ rewards, lengths, penalties }) => {
  const returns = rewards.map((reward, i) =>
    reward === null ? new Float64Array() : returnsToGo(reward, lengths[i]!, penalties?.[i]),
  );
  return whiten(returns).map((row, i) => (rewards[i] === null ? new Float64Array(lengths[i]!) : row));
};

function returnsToGo(reward: number, length: number, penalties: ArrayLike<number> | undefined): Float64Array {
  const returns = new Float64Array(length);
  let rest = reward;
  for (let t = length - 1; t >= 0; t--) {
    rest -= penalties?.[t] ?? 0;
    returns[t] = rest;
  }
  return returns;
}

export const reinforceAdvantage = defineAdvantage({
  name: 'reinforce++',
  about: 'mean and std of the rollout',
  groupRelative: false,
  compute: reinforcePlusPlus,
});
