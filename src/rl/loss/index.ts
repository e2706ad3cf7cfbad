/** @file Losses: log-probabilities × advantages × weights → a scalar and its statistics. */

export { AGGREGATIONS, type Aggregation, type LossConfig, lossSchema } from './config.ts';
export { topEntropy } from './entropy.ts';
export { type ImportanceConfig, importanceWeights } from './importance.ts';
export {
  type CollateOptions,
  collate,
  collateSequences,
  computeLogprobs,
  type Head,
  type LogprobOptions,
  LogprobPass,
  logprobsFrom,
  logprobsOf,
  type PassOptions,
  type PolicyTensors,
  perToken,
  predictorStates,
  responseStates,
  type SequenceTensors,
  type TokenLogprobs,
  toResponses,
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
