/** @file `GET /models` and `GET /models/:id`. */
import type { ModelInfo } from '../backend.ts';
import type { AppContext, AppOptions } from './context.ts';
import { ERA_RULES } from './eras.ts';
import { findModel } from './model-name.ts';

/** OpenAI's fields and what this server knows of a checkpoint. */
function wireModel(name: string, { id, created, ...info }: ModelInfo): object {
  return {
    id: name,
    object: 'model',
    created,
    owned_by: 'aha',
    ...(name === id ? {} : { root: id }),
    context_length: info.context,
    parameters: info.parameters,
    architecture: info.architecture,
    dtype: info.dtype,
    device: info.device,
    examples: info.examples,
    state: info.state,
  };
}

/** DeepSeek's names are listed where programs look for them; `root` says which model they mean. */
export function listModels(c: AppContext, { backend, era }: AppOptions): Response {
  const models = backend.models();
  const [first] = models;
  const served = models.map((info) => wireModel(info.id, info));
  const aliases = Object.keys(era === 'open' || first === undefined ? {} : ERA_RULES[era].aliases);
  const free = aliases.filter((name) => models.every(({ id }) => id !== name));
  return c.json({ object: 'list', data: [...served, ...free.map((name) => wireModel(name, first!))] });
}

/** @throws ApiError 404 */
export function oneModel(c: AppContext, { backend, era }: AppOptions): Response {
  const { info, name } = findModel(c.req.param('id') ?? '', backend.models(), ERA_RULES[era]);
  return c.json(wireModel(name, info));
}
