/**
 * @file The merged weights of a model with a quantised base: those of the checkpoint it was loaded from, with its additions.
 *
 * They are read and summed tensor by tensor on the CPU, so that they are not rounded to 8 or 4 bits, and the device needs
 * no memory for them.
 */
import { noGrad, scope, type Tensor, widened } from '../torch/index.ts';
import { architectureOf } from './config.ts';
import type { LanguageModel } from './language-model.ts';
import { adaptedLayers } from './layers/index.ts';
import { StoredCheckpoint } from './stored-checkpoint.ts';

/** A parameter's values by its name, a new tensor on the CPU; undefined for one that the base has not. */
export type MergedValues = (name: string) => Tensor | undefined;

/**
 * Calls `save` with a model without memory, of the shapes of the merged one, and with its values.
 * @param base - folder of the checkpoint that the model was loaded from
 */
export async function withMergedWeights(
  model: LanguageModel,
  base: string,
  save: (shapes: LanguageModel, values: MergedValues) => Promise<void>,
): Promise<void> {
  const { config, dtype } = model;
  const additions = new Map(adaptedLayers(model).map(([path, { lora }]) => [`${path}.weight`, lora!]));
  using stored = new StoredCheckpoint(base, config);
  const values = (name: string): Tensor | undefined => {
    const lora = additions.get(name);
    const weight = stored.read(name);
    if (lora === undefined || weight === undefined) return weight;
    return noGrad(() =>
      scope(() => {
        using narrow = weight;
        return lora.delta('cpu').add(narrow.to(widened(narrow.dtype)));
      }),
    );
  };
  const shapes = architectureOf(config).create(config, { device: 'meta', dtype });
  try {
    await save(shapes, values);
  } finally {
    shapes.dispose();
  }
}
