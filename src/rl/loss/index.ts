/** @file Losses: log-probabilities × advantages × weights → a scalar and its statistics. */
export {
  type CollateOptions,
  collate,
  collateSequences,
  type PolicyTensors,
  predictorStates,
  type SequenceTensors,
  toResponses,
} from './collate.ts';
export { AGGREGATIONS, type Aggregation, type LossConfig, lossSchema } from './config.ts';
export { topEntropy } from './entropy.ts';
export { type ImportanceConfig, importanceWeights } from './importance.ts';
export {
  computeLogprobs,
  type Head,
  type LogprobOptions,
  LogprobPass,
  logprobsFrom,
  logprobsOf,
  type PassOptions,
  perToken,
  responseStates,
  type TokenLogprobs,
} from './logprobs.ts';
export { pairwiseLoss, pointwiseLoss } from './pairwise.ts';
export {
  lossMask,
  type PolicyLossInput,
  type PolicyLossOptions,
  type PolicyStatistics,
  policyLoss,
  sequenceWeights,
} from './policy.ts';
export { isSequenceLoss, type PolicyConfig, policySchema, tokenLoss } from './registry.ts';
export { staleNegatives } from './stale.ts';
export { clampLogRatio, type KlEstimator, klPenalty, unbiasedKl } from './terms.ts';
export type { TokenLoss, TokenLossInput } from './token-loss.ts';
export { type ValueLoss, type ValueLossInput, valueLoss } from './value.ts';
