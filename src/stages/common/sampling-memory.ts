/** @file Memory of sampling beside the weights, for estimates. */
import { type ModelConfig, modelSizes } from '../../models/index.ts';
import type { DType } from '../../torch/index.ts';

/** Float32 numbers that choosing a token holds for each logit. */
const CHOICE = 3;

/**
 * Bytes of the keys and values of rows at their longest and of their states, one row in reserve, and of the logits of a step.
 * @param rows - and the tokens of each, which share no prompt
 */
export function samplingBytes(
  config: ModelConfig,
  dtype: DType,
  { rows, length }: { readonly rows: number; readonly length: number },
): number {
  const { cacheBytesPerToken, stateBytesPerRow } = modelSizes(config, dtype);
  const row = length * cacheBytesPerToken + stateBytesPerRow;
  return (rows + 1) * row + 4 * CHOICE * rows * config.vocabSize;
}
