/** @file Models and data by their names on the Hugging Face hub, in a cache that huggingface_hub shares. No tensors. */
export { HubError, type HubFailure } from './errors.ts';
export { fetchPlan } from './fetch.ts';
export { formatHubName, type HubName, isHubName, parseHubName, type RepoKind, shortName } from './name.ts';
export { type HubOptions, type HubPlan, planHub } from './plan.ts';
export { PATIENCE, type Patience } from './request.ts';
export { type HubSettings, hubSettings } from './settings.ts';
export type { TransferWatcher } from './transfer.ts';
