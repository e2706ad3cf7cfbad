/**
 * @file Cost of a recipe, stage by stage, without running it.
 */
import { existsSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { isHubName } from '../../remote/hub/index.ts';
import type { Estimate, StageDefinition } from '../../run/stage.ts';
import { assumedFor } from './assumed.ts';
import { clusterTable } from './cluster-table.ts';
import { estimateTable, type StageEstimate } from './estimate-table.ts';
import type { ResolvedRecipe } from './recipe.ts';
import { findReferences, type InputPlaces, type Places, resolveReference } from './references.ts';

/** An estimate needs an artifact that is not made yet. */
class NotMadeYet extends UserError {}

/**
 * Asks every stage for its estimate. A stage that cannot tell yet says why in `basis`.
 *
 * @param inputs - where inputs are looked for
 * @param assuming - whether what the recipe states of absent inputs counts: not where it is to be run
 * @param made - the artifact of a stage, or null where it is not finished
 * @throws UserError for an input that is missing or damaged
 */
export async function estimateRecipe(
  recipe: ResolvedRecipe,
  definitions: readonly StageDefinition[],
  device: string,
  inputs: InputPlaces,
  assuming = false,
  made: (name: string) => string | null = () => null,
): Promise<StageEstimate[]> {
  const places: Places = { ...inputs, stageDir: (name) => made(name) ?? standIn(name, recipe, places) };
  const stated = assuming ? recipe.assume?.data : undefined;
  const resolve = (reference: string): string =>
    stated && Object.hasOwn(stated, reference) ? reference : resolveOrTell(reference, places);
  const rows: StageEstimate[] = [];
  for (const { name, stage, config } of recipe.stages) {
    const definition = definitions.find(({ kind }) => kind === stage)!;
    const assumed = assuming ? assumedFor(name, recipe) : undefined;
    const context = { device, resolve, ...(assumed && { assumed }) };
    rows.push({ name, stage, estimate: await definition.estimate(config, context).catch(unknown) });
  }
  return rows;
}

/** A stage's artifact is not made yet. A model has the size of the one it is trained from, which is taken instead. */
function standIn(name: string, recipe: ResolvedRecipe, places: Places): string {
  const stage = recipe.stages.find((one) => one.name === name);
  const { model } = (stage?.config ?? {}) as { model?: unknown };
  if (typeof model === 'string') return resolveReference(model, places);
  throw new NotMadeYet(`can be told once ${name} has run`, 'Run the recipe up to there.');
}

/** A file that only the finished artifact of an earlier stage has, such as a data set, cannot be told of yet. */
function resolveOrTell(reference: string, places: Places): string {
  if (isHubName(reference) && !places.hub?.has(reference)) {
    throw new NotMadeYet(`can be told once ${reference} is downloaded`, 'Download it with aha fetch.');
  }
  const path = resolveReference(reference, places);
  const name = findReferences(reference)[0]?.name;
  if (name === undefined || existsSync(path)) return path;
  throw new NotMadeYet(`can be told once ${name} has run`, 'Run the recipe up to there.');
}

function unknown(error: unknown): Estimate {
  if (!(error instanceof NotMadeYet)) throw error;
  return { basis: error.message.split('\n')[0]! };
}

/** The estimates for people: in GPU-hours where the recipe states a cluster, else on the device. */
export function describeEstimates(rows: readonly StageEstimate[], { assume }: ResolvedRecipe): string {
  return assume?.cluster ? clusterTable(rows, assume, assume.cluster) : estimateTable(rows);
}
