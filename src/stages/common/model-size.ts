/** @file The size of a stage's model, for its estimate: as the recipe states it, else as config.json says. */
import { type ModelConfig, modelSizes, readConfig } from '../../models/index.ts';
import type { EstimateContext, ModelSize } from '../../run/stage.ts';

/** @throws UserError for a checkpoint of an unknown architecture; UsageError where there is none */
export function modelSize(reference: string, { resolve, assumed }: EstimateContext): ModelSize {
  const stated = assumed?.model(reference);
  if (stated !== undefined) return stated;
  const config = readConfig(resolve(reference));
  const { parameters, inner, active } = modelSizes(config);
  return { parameters, inner, active, layers: config.layers };
}

/** The configuration of a stage's model; null where the recipe states its size alone. */
export function modelConfig(reference: string, { resolve, assumed }: EstimateContext): ModelConfig | null {
  return assumed?.model(reference) === undefined ? readConfig(resolve(reference)) : null;
}

/** Tokens of a response, and how that was arrived at. @param maxTokens - the longest that is allowed */
export function meanResponse(
  maxTokens: number,
  { assumed }: EstimateContext,
): { readonly tokens: number; readonly basis: string } {
  const tokens = assumed?.responseTokens;
  if (tokens === undefined) return { tokens: maxTokens / 2, basis: 'responses half as long as allowed' };
  return { tokens, basis: `responses of ${tokens} tokens, as the recipe states` };
}
