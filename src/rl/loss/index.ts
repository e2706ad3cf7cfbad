/** @file Losses: log-probabilities × advantages × weights → a scalar and its statistics. */

export { headBytes } from './chunks.ts';
export {
  collate,
  collateSequences,
  type PolicyTensors,
  predictorStates,
  type SequenceTensors,
  toResponses,
} from './collate.ts';
export { type Aggregation, type LossConfig, lossSchema } from './config.ts';
export { topEntropy } from './entropy.ts';
export {
  backwardSum,
  computeLogprobs,
  LogprobPass,
  logprobPieces,
  logprobsFrom,
  logprobsOf,
  type PassOptions,
  perToken,
  responseStates,
  type TokenLogprobs,
} from './logprobs.ts';
export { pairwiseLoss, pointwiseLoss } from './pairwise.ts';
export { Pieces } from './pieces.ts';
export { counts, lossMask, type PolicyStatistics, policyLoss, sequenceWeights } from './policy.ts';
export { isSequenceLoss, type PolicyConfig, tokenLoss } from './registry.ts';
export { clampLogRatio, klPenalty } from './terms.ts';
export type { TokenLoss } from './token-loss.ts';
export { valueLoss } from './value.ts';
