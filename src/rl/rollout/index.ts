/** @file Rollouts: sampling completions from a policy. */
export { type ContextBounds, requireContext } from './context.ts';
export { meanStaleness, type OnGroup, type Policy, Rollouts, rollout, rolloutByGroup } from './rollout.ts';
export {
  Fleet,
  type PolicyServers,
  policySchema,
  RolloutServersError,
  serverConflicts,
} from './servers/index.ts';
