/** @file Start of a stage that trains a language model: all of its weights, or a LoRA addition to them. */

import { UsageError } from '../errors.ts';
import type { DType } from '../torch/index.ts';
import { loadModel } from './checkpoint.ts';
import type { LanguageModel } from './language-model.ts';
import { type LoraOptions, withLora } from './layers/index.ts';

export interface LoadTrainedOptions {
  readonly device: string;
  /** What the model will compute in. */
  readonly dtype: DType;
  readonly lora?: LoraOptions | undefined;
  /** Of LoRA's random matrices. */
  readonly seed: number;
  /** See LoadOptions. */
  readonly predictors?: boolean | undefined;
}

/**
 * Loads a model for a Learner of the same dtype. Weights that are trained come in float32, which the learner keeps as
 * their master and rounds for the model; those that LoRA leaves as they are come in `dtype`, or quantised as `lora.base`
 * says.
 * @throws UsageError where a quantised model cannot be computed layer by layer, which its training needs
 */
export function loadTrained(
  checkpoint: string,
  { device, dtype, lora, seed, predictors }: LoadTrainedOptions,
): LanguageModel {
  if (lora === undefined) return loadModel(checkpoint, { device, dtype: 'float32', predictors });
  const model = loadModel(checkpoint, { device, dtype, base: lora.base, predictors });
  if (lora.base !== undefined && model.parts === undefined) {
    throw new UsageError(
      `lora.base: a model of the architecture ${model.config.modelType} cannot be computed layer by layer, as a quantised base needs`,
      'Leave `lora.base` out.',
    );
  }
  return withLora(model, lora, seed);
}
