/** @file Recipes: typed lists of stages, their overrides, and running them. */

export type { Assumptions } from './assumptions.ts';
export {
  CARRIED,
  CARRIED_FILES,
  type CarriedInput,
  readCarried,
  settleCarried,
  writeCarried,
} from './carried-inputs.ts';
export { checkData } from './check-data.ts';
export { chooseDirectory, runToResume } from './choose-directory.ts';
export { describeEstimates, estimateRecipe } from './dry-run.ts';
export { compact, estimateTable, type StageEstimate } from './estimate-table.ts';
export {
  describeInputs,
  findHubNames,
  type HubInput,
  type HubRecord,
  inputsToJson,
  lookUpInputs,
  pinnedName,
  pinRecipe,
  readHubRecord,
  writeHubRecord,
} from './hub-inputs.ts';
export { findRecipe, loadRecipe } from './load.ts';
export { type Override, parseOverride } from './overrides.ts';
export { hashJson, inputFingerprint } from './provenance.ts';
export { type Claim, type Device, type ResolvedRecipe, type ResolvedStage, recipeToJson } from './recipe.ts';
export { findInputs, findReferences, type InputPlaces, requireMade, resolveReference } from './references.ts';
export { resolveRecipe } from './resolve.ts';
export { type RunOptions, runRecipe } from './run.ts';
export { origin, trainingCost } from './training-cost.ts';
