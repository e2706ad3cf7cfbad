/** @file Model names: the served model that a name means. */
import type { ModelInfo } from '../backend.ts';
import type { EraRules } from './eras.ts';
import { ApiError } from './errors.ts';

export interface NamedModel {
  readonly info: ModelInfo;
  /** The name the request used, which the reply repeats: clients compare the two. */
  readonly name: string;
  /** Whether it thinks under this name; null where the name does not say. */
  readonly thinks: boolean | null;
}

/**
 * A served model's id always means that model. DeepSeek's names mean the default model, so that programs written for
 * its API run unchanged.
 * @throws ApiError 404, 503 where no model is served
 */
export function findModel(name: string, models: readonly ModelInfo[], rules: EraRules): NamedModel {
  const served = models.find(({ id }) => id === name);
  if (served !== undefined) return { info: served, name, thinks: null };
  const [first] = models;
  if (first === undefined) throw new ApiError(503, 'No model is served.', { code: 'unavailable' });
  const alias = Object.hasOwn(rules.aliases, name) ? rules.aliases[name] : undefined;
  if (alias !== undefined) return { info: first, name, thinks: alias.thinks };
  const known = models.map(({ id }) => id).join(', ');
  throw new ApiError(
    404,
    `The model ${JSON.stringify(name.slice(0, 100))} is not served; served are: ${known}.`,
    {
      code: 'model_not_found',
      param: 'model',
    },
  );
}
