/** @file The plan of a recipe on many GPUs, stage by stage: finds the configuration of each stage's model. */
import { type ModelConfig, parseConfig, readConfig } from '../../models/index.ts';
import { type GpuCluster, type NoPlan, planStage, type StagePlan } from '../../stages/plan/index.ts';
import {
  findReferences,
  type InputPlaces,
  type ResolvedRecipe,
  resolveReference,
  type StageEstimate,
} from '../recipes/index.ts';

/** A stage and its plan, or why there is none. */
export interface PlannedRow {
  readonly name: string;
  readonly stage: string;
  readonly plan: StagePlan | NoPlan;
}

/** @throws UserError for a config.json that cannot be read */
export function planRecipe(
  rows: readonly StageEstimate[],
  recipe: ResolvedRecipe,
  cluster: GpuCluster,
  inputs: InputPlaces,
): PlannedRow[] {
  const configs = new Map<string, ModelConfig>();
  const read = (folder: string): ModelConfig => {
    const known = configs.get(folder) ?? readConfig(folder);
    configs.set(folder, known);
    return known;
  };
  return rows.map(({ name, stage, estimate: { load, basis } }) => {
    if (load === undefined) return { name, stage, plan: { reason: basis ?? 'nothing to compute on a GPU' } };
    const config =
      typeof load.model === 'string'
        ? configOf(load.model, recipe, inputs, read)
        : parseConfig(load.model, `${name}.model`);
    const plan = 'reason' in config ? config : planStage(load, config, cluster);
    return { name, stage, plan };
  });
}

/** The configuration of a stage's model: that of the model it starts from. */
function configOf(
  reference: string,
  recipe: ResolvedRecipe,
  inputs: InputPlaces,
  read: (folder: string) => ModelConfig,
): ModelConfig | NoPlan {
  const name = findReferences(reference)[0]?.name;
  if (name !== undefined) {
    const { model } = (recipe.stages.find((one) => one.name === name)?.config ?? {}) as { model?: unknown };
    if (typeof model === 'string') return configOf(model, recipe, inputs, read);
    if (typeof model === 'object') return parseConfig(model, `${name}.model`);
    return { reason: `${reference} names no stage with a model` };
  }
  const places = { ...inputs, stageDir: (stage: string) => stage };
  const stated = recipe.assume?.models[reference];
  if (stated === undefined) return read(resolveReference(reference, places));
  if (stated.config !== undefined) return read(resolveReference(stated.config, places));
  return { reason: `assume.models["${reference}"] has no config: give the folder of its config.json` };
}
