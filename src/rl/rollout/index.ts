/** @file Rollouts: sampling completions from a policy. */
export { type ContextBounds, requireContext } from './context.ts';
export { meanStaleness, type Policy, Rollouts, rollout } from './rollout.ts';
