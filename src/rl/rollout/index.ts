/** @file Rollouts: sampling completions from a policy. */
export { type Choice, choose, keepTopOfRows, type SamplingOptions } from './choose.ts';
export { type ContextBounds, requireContext } from './context.ts';
export { type Policy, rollout } from './rollout.ts';
export { type Response, type SampleOptions, sample } from './sampler.ts';
