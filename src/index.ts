/**
 * @file The library: what recipes and programs import from `@aha-r1/aha`. The other doors, such as `@aha-r1/aha/verify`,
 * are listed in package.json.
 */

export { type PresetName, presets } from './app/recipes/presets.ts';
export { defineRecipe, type Recipe, type StageConfig } from './app/recipes/recipe.ts';
export { UsageError, UserError } from './errors.ts';
export { FAMILIES, findFamily, type Problem, type TaskFamily } from './grading/tasks/index.ts';
export { closeEngines, type Verdict, verifyChoice, verifyFast, verifyMath } from './grading/verify/index.ts';
export { Random } from './random.ts';
export type { Batch, Completion, Json, Prompt, Sample, Scored, StepReport } from './records.ts';
export type { RewardFunction } from './rl/reward/custom.ts';
export type { Reward } from './rl/reward/reward.ts';
