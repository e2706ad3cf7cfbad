/**
 * @file The library: what recipes and programs import from `aha`. Each folder's own index has the rest, e.g. `aha/tensor`.
 */

export { UsageError, UserError } from './errors.ts';
export { Random } from './random.ts';
export { type PresetName, presets } from './recipes/presets.ts';
export { defineRecipe, type Recipe, type StageConfig } from './recipes/recipe.ts';
export type { Batch, Completion, Json, Prompt, Sample, Scored, StepReport } from './records.ts';
export type { RewardFunction } from './reward/custom.ts';
export type { Reward } from './reward/reward.ts';
export { FAMILIES, findFamily, type Problem, type TaskFamily } from './tasks/index.ts';
export { closeEngines, type Verdict, verifyChoice, verifyFast, verifyMath } from './verify/index.ts';
