/** @file Recipes: typed lists of stages, their overrides, and running them. */

export { checkData } from './check-data.ts';
export { chooseDirectory, type DirectoryOptions } from './choose-directory.ts';
export { describeEstimates, estimateRecipe } from './dry-run.ts';
export { estimateTable, type StageEstimate } from './estimate-table.ts';
export { loadRecipe } from './load.ts';
export { type Override, parseOverride } from './overrides.ts';
export { hashJson } from './provenance.ts';
export {
  type Device,
  defineRecipe,
  type Recipe,
  type ResolvedRecipe,
  type ResolvedStage,
  recipeToJson,
  type StageConfig,
} from './recipe.ts';
export type { Places } from './references.ts';
export { type ResolveOptions, resolveRecipe } from './resolve.ts';
export { type RunOptions, runRecipe, stageSeed } from './run.ts';
export { origin, trainingCost } from './training-cost.ts';
