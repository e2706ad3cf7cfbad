/** @file Rollouts: sampling completions from a policy. */
export { type ContextBounds, requireContext } from './context.ts';
export { type Policy, rollout } from './rollout.ts';
