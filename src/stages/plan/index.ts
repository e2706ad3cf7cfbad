/** @file The plan of a run on many GPUs. */

export { CARDS, type GpuCluster, gpuCount } from './cards.ts';
export type { Layout } from './layout.ts';
export { totalBytes } from './memory.ts';
export { type NoPlan, planStage, type StagePlan, type StageSeconds, totalSeconds } from './plan.ts';
export { LARGEST_ERROR, LINK, NETWORK } from './rates.ts';
export type { Traffic } from './traffic.ts';
