/** @file Public exports of the rewards. */
export { accuracyReward, accuracySchema } from './accuracy.ts';
export { afterThought, isNumber, lastNumber, sameAnswer, taggedAnswer } from './answer.ts';
export { formatReward, formatSchema } from './format.ts';
export { languageConsistency, languageReward, languageSchema, words } from './language.ts';
export { lengthReward, lengthSchema } from './length.ts';
export {
  createRewards,
  REWARD_NAMES,
  type RewardName,
  type RewardsConfig,
  rewardsSchema,
} from './registry.ts';
export { type Reward, type RewardContext, scoreAll, type WeightedReward } from './reward.ts';
