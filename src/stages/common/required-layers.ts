/** @file Settings of training that ask for layers which not every model has, checked before a run begins. */
import { type ModelConfig, onShapes, withPredictors } from '../../models/index.ts';
import { type OptimizerConfig, requireBalance } from '../../rl/update/index.ts';

/** What a stage may ask of its model. */
interface Asked {
  readonly optimizer: Pick<OptimizerConfig, 'expertBias' | 'balanceLoss'>;
  readonly lora?: object | undefined;
  readonly mtp?: object | undefined;
}

/**
 * Checks what the stage itself would refuse when it begins, which may be hours after the run did.
 * @param shape - of the model; null where only its size is known
 * @throws UsageError where the model lacks the experts, or the layer that predicts further tokens
 */
export function requireLayers(shape: ModelConfig | null, { optimizer, lora, mtp }: Asked): void {
  if (shape === null) return;
  if (mtp !== undefined) withPredictors(shape, 'mtp');
  if (optimizer.expertBias === undefined && optimizer.balanceLoss === undefined) return;
  onShapes(shape, 'float32', (model) => requireBalance(model, optimizer, lora !== undefined));
}
