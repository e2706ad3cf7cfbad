/**
 * @file The advantages by name. A new one is one file, its test, and one line in `ADVANTAGES` and in the schema.
 */
import { z } from 'zod';
import { drGrpo } from './dr-grpo.ts';
import { gpg } from './gpg.ts';
import { grpo } from './grpo.ts';
import { litePpo } from './lite-ppo.ts';
import { type Advantage, outcome } from './outcome.ts';
import { process } from './process.ts';
import { reinforcePlusPlus } from './reinforce.ts';
import { rloo } from './rloo.ts';

const NAMES = ['grpo', 'dr-grpo', 'rloo', 'lite-ppo', 'gpg', 'reinforce++', 'process', 'gae'] as const;
export type AdvantageName = (typeof NAMES)[number];

/** Those that need no model: `gae` needs a critic's values, see gae.ts. */
export type CriticFreeName = Exclude<AdvantageName, 'gae'>;

/** A recipe's `advantage`. */
export const advantageSchema = z
  .enum(NAMES)
  .describe(
    'grpo: group mean and std; dr-grpo: group mean; rloo: mean of the other completions; lite-ppo: group mean, ' +
      'std of the rollout; gpg: group mean, scaled for groups without a signal; reinforce++: mean and std of the rollout; ' +
      "process: mean and std of the group's step scores; gae: a critic's values, see `critic`",
  );

/** Each advantage by the name a recipe uses. */
export const ADVANTAGES: { readonly [name in CriticFreeName]: Advantage } = {
  grpo: outcome(grpo),
  'dr-grpo': outcome(drGrpo),
  rloo: outcome(rloo),
  'lite-ppo': outcome(litePpo),
  gpg: outcome(gpg),
  'reinforce++': reinforcePlusPlus,
  process,
};

/** True where a completion is compared with others of its own prompt, so that a group of one teaches nothing. */
export function isGroupRelative(name: AdvantageName): boolean {
  return name !== 'reinforce++' && name !== 'gae';
}
