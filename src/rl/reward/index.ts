/** @file Public exports of the rewards. */

export { Grading, type GradingOptions, scoreAll } from './grading.ts';
export { languageConsistency } from './language.ts';
export { MODEL_REPORT } from './model.ts';
export { readingOf, readsSchema } from './reading.ts';
export {
  checkPrompt,
  createRewards,
  firstRight,
  type PaidReward,
  paidRewards,
  REWARD_NAMES,
  type RewardName,
  type RewardsConfig,
  readsAnswers,
  requireRewardFiles,
  rewardModels,
  rewardsSaying,
  rewardsSchema,
  scoresSteps,
} from './registry.ts';
export { disposeRewards, type Reward, type RewardContext, type WeightedReward } from './reward.ts';
