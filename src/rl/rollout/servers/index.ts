/** @file Rollout servers: `aha serve`, vLLM and SGLang as the sampler of a run. */
export { Fleet, RolloutServersError } from './fleet.ts';
export { type PolicyServers, policySchema, serverConflicts } from './settings.ts';
