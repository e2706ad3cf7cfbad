/** @file The hub in `aha run`: names looked up and pinned, downloaded before a run, and listed in a dry run. */
import type { Output } from '../../output.ts';
import { fetchPlan, type HubPlan, hubSettings } from '../../remote/hub/index.ts';
import { fetchShown, lookUp, quiet } from '../cli/hub.ts';
import {
  findHubNames,
  type HubInput,
  type HubRecord,
  lookUpInputs,
  pinnedName,
  pinRecipe,
  type ResolvedRecipe,
} from '../recipes/index.ts';

/** A recipe whose names on the hub are at their commits. */
export interface PinnedRecipe {
  readonly recipe: ResolvedRecipe;
  readonly inputs: readonly HubInput[];
}

/** What is known of names without asking the hub. */
interface Known {
  /** What names meant when the run was begun. */
  readonly record: () => HubRecord;
  /** Names at their commits whose files came with the run. */
  readonly carried: readonly string[];
  /** Whether sizes that the recipe states stand for what would be looked up. */
  readonly isDry: boolean;
}

/** Looks up the names of a recipe and puts each at its commit. */
export async function pinInputs(
  recipe: ResolvedRecipe,
  { record, carried, isDry }: Known,
  output: Output,
): Promise<PinnedRecipe> {
  if (findHubNames(recipe.stages.map(({ config }) => config)).length === 0) return { recipe, inputs: [] };
  const { models = {}, data = {} } = recipe.assume ?? {};
  const stated = isDry ? [...Object.keys(models), ...Object.keys(data)] : [];
  const known = [...stated, ...carried];
  const inputs = await lookUpInputs(recipe, record(), known, (name) => lookUp(name, output));
  return { recipe: pinRecipe(recipe, inputs), inputs };
}

/** Downloads all inputs. Returns where each is, by its name at its commit. */
export async function fetchInputs(
  inputs: readonly HubInput[],
  output: Output,
): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>();
  for (const input of inputs) places.set(pinnedName(input), await fetchShown(input.plan, output));
  return places;
}

/** Files of this size are no weights: settings and tokenizers, which an estimate reads. */
const SMALL = 32 * 2 ** 20;

/** As fetchInputs, but of what is missing only the small files of models; data that is missing has no place. */
export async function fetchForEstimate(
  inputs: readonly HubInput[],
  output: Output,
): Promise<ReadonlyMap<string, string>> {
  const options = { settings: hubSettings(), watcher: quiet(output) };
  const places = new Map<string, string>();
  for (const input of inputs) {
    const { kind, plan } = input;
    if (kind === 'dataset' && plan.missing.length > 0) continue;
    places.set(pinnedName(input), await fetchPlan(plan, options, isSmall(plan)));
  }
  return places;
}

function isSmall(plan: HubPlan): (file: HubPlan['files'][number]) => boolean {
  return ({ path, size }) => size <= SMALL && plan.files.length > 1 && !path.endsWith('.safetensors');
}
