/** @file Planning assumptions of one stage, as its estimate reads them. */
import type { Assumed, DataSize, ModelSize } from '../../run/stage.ts';
import type { ResolvedRecipe } from './recipe.ts';
import { findReferences } from './references.ts';

/** What is assumed for one stage; undefined for a recipe that states nothing. */
export function assumedFor(stage: string, recipe: ResolvedRecipe): Assumed | undefined {
  const { assume } = recipe;
  if (assume === undefined) return undefined;
  const responseTokens = assume.responseTokens[stage];
  return {
    model: (reference) => modelOf(reference, recipe),
    data: (reference): DataSize | undefined => assume.data[reference],
    ...(responseTokens !== undefined && { responseTokens }),
  };
}

/** A stage's model has the size of the one it starts from. */
function modelOf(reference: string, recipe: ResolvedRecipe): ModelSize | undefined {
  const name = findReferences(reference)[0]?.name;
  if (name !== undefined) {
    const { model } = (recipe.stages.find((stage) => stage.name === name)?.config ?? {}) as {
      model?: unknown;
    };
    return typeof model === 'string' ? modelOf(model, recipe) : undefined;
  }
  const stated = recipe.assume?.models[reference];
  if (stated === undefined) return undefined;
  const { parameters, active = parameters, layers } = stated;
  return { parameters, active, layers };
}
