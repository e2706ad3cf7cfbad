/** @file Public exports of the rewards. */
export { accuracyReward, accuracySchema } from './accuracy.ts';
export { afterThought, isNumber, lastNumber, sameAnswer, taggedAnswer } from './answer.ts';
export { codeReward, codeSchema } from './code.ts';
export { instructionsReward, instructionsSchema } from './instructions.ts';
export { languageConsistency } from './language.ts';
export { MODEL_REPORT } from './model.ts';
export { readingOf, readsSchema } from './reading.ts';
export {
  checkPrompt,
  createRewards,
  REWARD_NAMES,
  type RewardName,
  readsAnswers,
  requireRewardFiles,
  rewardModels,
  rewardsSaying,
  rewardsSchema,
  scoresSteps,
} from './registry.ts';
export { disposeRewards, type Reward, scoreAll, type WeightedReward } from './reward.ts';
export { generatedAnswer, scoreGenerated } from './task-score.ts';
export { wantedScore } from './wanted.ts';
