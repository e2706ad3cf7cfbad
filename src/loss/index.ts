/** @file Losses: log-probabilities × advantages × weights → a scalar and its statistics. */
export { type Aggregation, sequenceWeights } from './aggregate.ts';
export { collate, type PolicyTensors, predictorStates, toResponses } from './collate.ts';
export { type KlEstimator, klPenalty } from './kl.ts';
export { type Head, type LogprobOptions, LogprobPass } from './logprobs.ts';
export { type PolicyLossInput, type PolicyLossOptions, type PolicyStatistics, policyLoss } from './policy.ts';
export { type ClipRange, clippedSurrogate, type Surrogate, type SurrogateInput } from './surrogate.ts';
