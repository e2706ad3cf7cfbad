/**
 * @file The rewards by name. A new reward is one file, its test, and one line in `DEFINITIONS` and in `rewardsSchema`.
 *
 * A recipe writes `{ accuracy: {}, format: { weight: 0.5 } }`: a reward that is not named is not paid.
 */
import { z } from 'zod';
import { accuracyReward, accuracySchema } from './accuracy.ts';
import { formatReward, formatSchema } from './format.ts';
import { languageReward, languageSchema } from './language.ts';
import { lengthReward, lengthSchema } from './length.ts';
import type { Reward, RewardContext, WeightedReward } from './reward.ts';

const weight = z.number().default(1).describe('Weight in the sum of rewards; 0 only records it');

/** A recipe's `rewards`. */
export const rewardsSchema = z
  .strictObject({
    accuracy: accuracySchema.safeExtend({ weight }).optional().describe('1 when the answer is right, else 0'),
    format: formatSchema.safeExtend({ weight }).optional().describe('1 for the R1-Zero format, else 0'),
    language: languageSchema
      .safeExtend({ weight })
      .optional()
      .describe("Share of the thought's words that are in the prompt's language"),
    length: lengthSchema
      .safeExtend({ weight })
      .optional()
      .describe('Soft penalty for overlong responses, −1..0'),
  })
  .refine((rewards) => Object.values(rewards).some((options) => options !== undefined), {
    message: 'name at least one reward',
  });

export type RewardsConfig = z.output<typeof rewardsSchema>;
export type RewardName = keyof RewardsConfig;

const DEFINITIONS: {
  readonly [Name in RewardName]: (
    options: NonNullable<RewardsConfig[Name]>,
    context: RewardContext,
  ) => Reward;
} = {
  accuracy: accuracyReward,
  format: formatReward,
  language: languageReward,
  length: lengthReward,
};

/** Names of the rewards, for messages and listings. */
export const REWARD_NAMES = Object.keys(DEFINITIONS) as readonly RewardName[];

/** The rewards a recipe names, with their weights. */
export function createRewards(config: RewardsConfig, context: RewardContext = {}): WeightedReward[] {
  return REWARD_NAMES.flatMap((name) => {
    const options = config[name];
    if (options === undefined) return [];
    const create = DEFINITIONS[name] as (
      options: NonNullable<RewardsConfig[RewardName]>,
      context: RewardContext,
    ) => Reward;
    return [{ reward: create(options, context), weight: options.weight }];
  });
}
