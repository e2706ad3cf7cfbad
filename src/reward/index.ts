/** @file Public exports of the rewards. */
export { accuracyReward, accuracySchema } from './accuracy.ts';
export { afterThought, isNumber, lastNumber, sameAnswer, taggedAnswer } from './answer.ts';
export { chainStepsReward, chainStepsSchema, type JudgedStep, judgeSteps } from './chain-steps.ts';
export { codeReward, codeSchema } from './code.ts';
export { coherenceReward, coherenceSchema } from './coherence.ts';
export { completenessReward, completenessSchema } from './completeness.ts';
export { customReward, customSchema, type RewardFunction } from './custom.ts';
export { fluency, fluencyReward, fluencySchema } from './fluency.ts';
export { formatReward, formatSchema } from './format.ts';
export { instructionsReward, instructionsSchema } from './instructions.ts';
export { judgeReward, judgeRewardSchema } from './judge.ts';
export { languageConsistency, languageReward, languageSchema, words } from './language.ts';
export { lengthReward, lengthSchema } from './length.ts';
export {
  harmlessReward,
  helpfulReward,
  MODEL_REPORT,
  type ModelRewardConfig,
  modelRewardSchema,
} from './model.ts';
export { READINGS, type Reading, type ReadingOptions, readingOf, readsSchema } from './reading.ts';
export {
  createRewards,
  REWARD_NAMES,
  type RewardName,
  type RewardsConfig,
  requireRewardFiles,
  rewardsSchema,
  scoresSteps,
} from './registry.ts';
export {
  disposeRewards,
  type Reward,
  type RewardContext,
  scoreAll,
  type WeightedReward,
} from './reward.ts';
export { generatedAnswer, scoreGenerated, taskReward, taskRewardSchema } from './task-score.ts';
export { wantedReward, wantedSchema, wantedScore } from './wanted.ts';
